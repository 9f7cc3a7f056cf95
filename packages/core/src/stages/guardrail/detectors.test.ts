import { describe, expect, it } from "vitest";
import { effortOf } from "../../../test/effort.ts";
import { pii, type PiiKind } from "./pii/pii.ts";

const found = (text: string, kind?: PiiKind): string[] =>
  [...pii(kind === undefined ? {} : { kinds: [kind] }).find(text, 0)].map(({ start, end }) => text.slice(start, end));

describe("e-mail addresses", () => {
  it.each([
    ["Write to jane.doe+news@mail.example.co.uk.", "jane.doe+news@mail.example.co.uk"],
    ["<a@b.io>", "a@b.io"],
    ["'jane@example.com'", "jane@example.com"],
    ["联系foo@bar.com吧", "foo@bar.com"],
    ["a@b.com@c.org", "a@b.com"],
  ])("are found in %j", (text, address) => {
    expect(found(text, "email")[0]).toBe(address);
  });

  it.each(["@channel", "jane@localhost", "a @ b.com", "x@1.2.3.4", "@@@", "jane@-example", "jane@example."])(
    "are not seen in %j",
    (text) => {
      expect(found(text, "email")).toEqual([]);
    },
  );
});

describe("card numbers", () => {
  it.each([
    ["4111111111111111", "4111111111111111"],
    ["pay 4111 1111 1111 1111 12/27", "4111 1111 1111 1111"],
    ["5555-5555-5555-4444.", "5555-5555-5555-4444"],
    ["amex 3782 822463 10005", "3782 822463 10005"],
    ["2221000000000009", "2221000000000009"],
    ["6011 1111 1111 1117 123", "6011 1111 1111 1117"],
    ["no 12 4111 1111 1111 1111", "4111 1111 1111 1111"],
  ])("are found in %j", (text, card) => {
    expect(found(text, "card")).toEqual([card]);
  });

  it.each([
    "4111111111111112",
    "1111111111111117",
    "x4111111111111111",
    "41111111111111110000000",
    "0.4111111111111111",
    "4111111111111111.50",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "4111 1111-1111 1111",
    "_4111111111111111_",
  ])("are not seen in %j", (text) => {
    expect(found(text, "card")).toEqual([]);
  });
});

describe("bank accounts", () => {
  it.each([
    "DE89370400440532013000",
    "GB82 WEST 1234 5698 7654 32",
    "fr14 2004 1010 0505 0001 3m02 606",
    "NO9386011117947",
  ])("are found: %j", (iban) => {
    expect(found(`IBAN: ${iban}, thanks`, "iban")).toEqual([iban]);
  });

  it.each([
    "DE88370400440532013000",
    "DE8937040044053201300",
    "XX89370400440532013000",
    "ADE89370400440532013000",
    "DE89 37 0400440532013000",
  ])("are not seen in %j", (text) => {
    expect(found(text, "iban")).toEqual([]);
  });
});

describe("social security numbers", () => {
  it.each(["123-45-6789", "899 99 9999"])("are found: %j", (number) => {
    expect(found(`SSN ${number}.`, "ssn")).toEqual([number]);
  });

  it.each([
    "000-45-6789",
    "666-45-6789",
    "900-45-6789",
    "123-00-6789",
    "123-45-0000",
    "123-45 6789",
    "123456789",
    "123-45-67890",
    "1-123-45-6789",
    "123-45-6789-1",
  ])("are not seen in %j", (text) => {
    expect(found(text, "ssn")).toEqual([]);
  });
});

describe("phone numbers", () => {
  it.each([
    "+49 171 1234567",
    "+1 (555) 234-5678",
    "0049 30 123456",
    "+14155550123",
    "(555) 234-5678",
    "555-234-5678",
    "1-555-234-5678",
    "020 7946 0958",
    "0171/1234567",
    "06.12.34.56.78",
    "01 23 45 67 89",
  ])("are found: %j", (number) => {
    expect(found(`Call ${number}, please`, "phone")).toEqual([number]);
  });

  it.each([
    "5552345678",
    "1234567890123",
    "05.11.2024 12:30",
    "2024-11-05",
    "0.123456789",
    "01 02 03 04 05 06 07 08",
    "100 250 300 1000",
    "192.168.100.200",
    "+12345",
    "3-5-2-1",
    "12/27",
    "1,234,567,890",
    "555-234-5678x",
    "020 7946 0958-12",
  ])("are not seen in %j", (text) => {
    expect(found(text, "phone")).toEqual([]);
  });
});

describe("keys and tokens", () => {
  // Put together here, so that no scanner takes the test for a leak.
  it.each([
    `sk-proj-${"a1B2".repeat(10)}`,
    `sk-ant-api03-${"a1_B".repeat(20)}`,
    ["AKIA", "IOSFODNN7EXAMPLE"].join(""),
    `ghp_${"a1B2".repeat(9)}`,
    `AIza${"a1B2_".repeat(7)}`,
    ["xoxb", "1234567890", "abc"].join("-"),
    `sk_live_${"a1B2".repeat(6)}`,
    ["ey", "JhbGciOiJIUzI1NiJ9.ey", "JzdWIiOiIxIn0.c2lnbmF0dXJl"].join(""),
  ])("are found to their end: %j", (key) => {
    expect(found(`key=${key}, "x"`, "api-key")).toEqual([key]);
  });

  it.each([
    "sk-learn-is-a-library-for-people",
    "task-sk-12345678901234567890",
    "AKIA",
    "xoxo",
    "eyJust.eyJoking",
    "ghp_short",
  ])("are not seen in %j", (text) => {
    expect(found(text, "api-key")).toEqual([]);
  });
});

describe("pii()", () => {
  it("finds what begins first, and what goes on from there", () => {
    expect(found("jane@example.com 4111111111111111 a@b.org")).toEqual([
      "jane@example.com",
      "4111111111111111",
      "a@b.org",
    ]);
  });

  it("finds nothing in ordinary text with numbers", () => {
    const text =
      "On 2024-11-05 at 10:30 the build 1.22.333 took 1234567890 ns; see RFC 2822, port 8080, 10.0.0.1, $1,234.56, " +
      "id 550e8400-e29b-41d4-a716-446655440000, commit 9fceb02d0ae598e95dc970b74767f19372d61af8, ISBN 978-3-16-148410-0.";
    expect(found(text)).toEqual([]);
  });

  it.each([
    [{ kinds: [] }, /at least one of email/],
    [{ kinds: ["mail"] }, /`pii.kinds` must be one of "email"/],
    [{ action: "delete" }, /`pii.action` must be one of/],
    [{ kind: ["email"] }, /no option `kind`/],
  ])("refuses %j", (options, message) => {
    expect(() => pii(options as Parameters<typeof pii>[0])).toThrow(message);
  });

  it.each(["a@", "a.", "1 ", "+1", "(1", "4111 ", "eyJ-", "sk-a1 ", "DE89 ", "123-45-", "01 ", "+49 ", "a@b."])(
    "takes time in proportion to a text made of %j",
    async (unit) => {
      // Below a tenth of a second; a quadratic search would take more than ten.
      const text = unit.repeat(Math.ceil(262_144 / unit.length));
      const effort = await effortOf(() => expect(found(text).length).toBe(0));
      expect(effort).toBeLessThan(2000);
    },
  );
});
