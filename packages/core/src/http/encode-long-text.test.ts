import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeLongText } from "./encode-long-text.ts";

const bytesOf = (chunk: string | Uint8Array): Buffer => Buffer.from(encodeLongText(chunk));

it("gives the bytes of any text, short and long", () => {
  const piece = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("é", "€", "👋", "\ud800", "\udc00"),
  );
  const text = fc.tuple(piece, piece, fc.nat(2_000)).map(([one, other, length]) => one + "x".repeat(length) + other);
  const check = fc.property(text, (value) => bytesOf(value).equals(Buffer.from(value)));
  expect(() => fc.assert(check)).not.toThrow();
});

it("leaves bytes as they are", () => {
  const bytes = Buffer.from("x".repeat(5_000));
  expect(encodeLongText(bytes)).toBe(bytes);
});
