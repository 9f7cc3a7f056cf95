import { describe, expect, test } from "vitest";
import { signRequest, type UnsignedRequest } from "./sigv4.ts";

// The credentials, time and signatures of AWS's published test suite for this algorithm.
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const scope = { region: "us-east-1", service: "service" };
const time = Date.UTC(2015, 7, 30, 12, 36, 0);
const vanilla: UnsignedRequest = { method: "GET", url: "https://example.amazonaws.com/", headers: {}, body: "" };

const sign = (request: Partial<UnsignedRequest>, sessionToken?: string): string | undefined =>
  signRequest(
    { ...vanilla, ...request },
    { ...credentials, ...(sessionToken === undefined ? {} : { sessionToken }) },
    scope,
    time,
  )["authorization"];

const authorization = (signedHeaders: string, signature: string): string =>
  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
  `SignedHeaders=${signedHeaders}, Signature=${signature}`;

const query = (search: string): string => `https://example.amazonaws.com/${search}`;

describe("signRequest", () => {
  test.each([
    ["get-vanilla", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    ["post-vanilla", { method: "POST" }, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "get-vanilla-query-order-key-case",
      { url: query("?Param2=value2&Param1=value1") },
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "post-vanilla-query",
      { method: "POST", url: query("?Param1=value1") },
      "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ],
  ])("%s", (_, request, signature) => {
    expect(sign(request)).toBe(authorization("host;x-amz-date", signature));
  });

  test("post-x-www-form-urlencoded: signs the content type and the exact bytes of the body", () => {
    const request = {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "Param1=value1",
    };
    const expected = authorization(
      "content-type;host;x-amz-date",
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    );
    expect(sign(request)).toBe(expected);
    expect(sign({ ...request, body: Buffer.from("Param1=value1") })).toBe(expected);
    expect(sign({ ...request, body: "Param1=value2" })).not.toBe(expected);
  });

  test("post-sts-header-before: signs the session token", () => {
    const token =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    expect(sign({ method: "POST" }, token)).toBe(
      authorization(
        "host;x-amz-date;x-amz-security-token",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
      ),
    );
  });

  test("signs the documented request to list users as IAM's documentation does", () => {
    const request = {
      url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    };
    const signed = signRequest({ ...vanilla, ...request }, credentials, { region: "us-east-1", service: "iam" }, time);
    expect(signed["authorization"]).toMatch(/5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7$/);
  });

  test("encodes the encoded path once more, and takes ports and the service's own headers into account (T40)", () => {
    const at = (url: string, headers = {}): string | undefined => sign({ url, headers });
    const model = "https://example.amazonaws.com/model/a%3A0/converse";
    expect(at(model)).not.toBe(at(model.replace("%3A", ":")));
    expect(at(query(""))).not.toBe(at("https://example.amazonaws.com:8443/"));
    expect(at(query(""), { "x-amzn-note": "a" })).toBe(at(query("")));
    expect(at(query(""), { "x-amz-note": " a   b " })).toBe(at(query(""), { "x-amz-note": "a b" }));
    expect(at(query(""), { "user-agent": "a", accept: "b" })).toBe(at(query("")));
  });
});
