import { describe, expect, test } from "vitest";
import { hostToURL, isLoopback, resolveBaseURL, withBasePath } from "./base-url.ts";

const resolve = (value: unknown, allowHttp = false): string => resolveBaseURL(value, { name: "HERE", allowHttp });

describe("resolveBaseURL", () => {
  test.each([
    ["https://api.example.com/v1", "https://api.example.com/v1"],
    ["https://api.example.com/v1///", "https://api.example.com/v1"],
    ["https://api.example.com", "https://api.example.com"],
    ["http://localhost:8000/v1/", "http://localhost:8000/v1"],
    ["http://127.0.0.1:9", "http://127.0.0.1:9"],
    ["http://[::1]:9/a", "http://[::1]:9/a"],
  ])("takes %s", (value, expected) => {
    expect(resolve(value)).toBe(expected);
  });

  test.each([undefined, 5, "", "api.example.com", "/v1", "ftp://example.com", "file:///etc/passwd", "javascript:1"])(
    "refuses %j, which is no absolute URL",
    (value) => {
      expect(() => resolve(value)).toThrow(/^HERE must be an absolute URL like/);
    },
  );

  test.each([
    "https://user:secret@example.com",
    "https://a.com@b.com",
    "https://a.com/?x=1",
    "https://a.com/?",
    "https://a.com/#b",
    "https://a.com#",
  ])("refuses %s, which is more than an address, without repeating it", (value) => {
    expect(() => resolve(value)).toThrow(/^HERE must be a plain URL/);
    expect(() => resolve(value)).not.toThrow(/secret/);
  });

  test("refuses plain http to other machines unless that is meant", () => {
    for (const value of [
      "http://example.com",
      "http://10.0.0.1/v1",
      "http://localhost.example.com",
      "http://127.0.0.1.nip.io",
    ]) {
      expect(() => resolve(value)).toThrow(/^HERE must be https, because .*`allowHttp: true`/);
      expect(resolve(value, true)).toBe(value);
    }
  });
});

test("only names that always mean this machine are loopback", () => {
  const of = (url: string): boolean => isLoopback(new URL(url).hostname);
  expect(
    ["http://localhost", "http://127.9.9.9", "http://127.1", "http://[::1]", "http://LOCALHOST:1"].map(of),
  ).toEqual(Array.from({ length: 5 }, () => true));
  expect(["http://0.0.0.0", "http://a.localhost", "http://128.0.0.1", "http://127.0.0.1.a"].map(of)).toEqual(
    Array.from({ length: 4 }, () => false),
  );
});

test("a base path is added unless the URL ends in a version", () => {
  expect(withBasePath("https://a.com", "/v1")).toBe("https://a.com/v1");
  expect(withBasePath("https://a.com/v1", "/v1")).toBe("https://a.com/v1");
  expect(withBasePath("https://a.com/v1beta", "/v1")).toBe("https://a.com/v1beta");
  expect(withBasePath("https://a.com/groq", "/openai/v1")).toBe("https://a.com/groq/openai/v1");
});

test.each([
  ["127.0.0.1:5000", "http://127.0.0.1:5000/"],
  ["localhost", "http://localhost:11434/"],
  [":5000", "http://127.0.0.1:5000/"],
  ["0.0.0.0", "http://127.0.0.1:11434/"],
  ["[::]:5000", "http://[::1]:5000/"],
  ["http://0.0.0.0:5000", "http://127.0.0.1:5000/"],
  ["localhost:80", "http://localhost/"],
  ["https://ollama.example.com", "https://ollama.example.com/"],
  ["'localhost:5000'", "http://localhost:5000/"],
  ['"http://localhost:5000"', "http://localhost:5000/"],
  ["::1", "http://[::1]:11434/"],
  ["::", "http://[::1]:11434/"],
  ["not a host", "not a host"],
])("the host %s is %s", (host, url) => {
  expect(hostToURL(host, "11434")).toBe(url);
});
