import { describe, expect, it } from "vitest";
import { effortOf } from "../../../test/effort.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { ollama } from "./ollama.ts";

const codeOf = (error: unknown, status: number): string =>
  toUpstreamError(ollama.decodeError({ error }, {}), { provider: "acme", status }).code;

describe("decodeError", () => {
  it("reads the text, and the status of an error that came too late to have one", () => {
    expect(ollama.decodeError({ error: "no" }, {})).toEqual({ message: "no" });
    expect(ollama.decodeError({ error: "no", status: 503 }, {})).toEqual({ message: "no", status: 503 });
    for (const status of [200, 399, 600, 400.5, "503", null]) {
      expect(ollama.decodeError({ error: "no", status }, {})).toEqual({ message: "no" });
    }
  });

  it("makes something of every other body", () => {
    expect(ollama.decodeError("<html>", {})).toEqual({ message: "<html>" });
    expect(ollama.decodeError({ error: { message: "no", type: "t", code: "c", param: null } }, {})).toEqual({
      message: "no",
      type: "t",
      code: "c",
    });
    expect(ollama.decodeError({ message: "flat" }, {})).toEqual({ message: "flat" });
    for (const body of [null, undefined, 3, [], {}, "", { error: null }])
      expect(ollama.decodeError(body, {})).toEqual({});
  });

  it.each([
    ["prompt too long; exceeded max context length by 12 tokens (ref: x)", 400, "context_length_exceeded"],
    ["the input length exceeds the context length", 400, "context_length_exceeded"],
    ["input length exceeds maximum context length", 400, "context_length_exceeded"],
    ["you (ann) have reached your weekly usage limit", 429, "upstream_quota_exhausted"],
    ["too many requests", 429, "upstream_rate_limited"],
    ["model 'x' not found", 404, "upstream_model_not_found"],
    ["unauthorized", 401, "upstream_auth_failed"],
    ['"llama3" does not support thinking', 400, "upstream_invalid_request"],
    ["server busy, please try again. maximum pending requests exceeded", 503, "upstream_overloaded"],
    ["llama runner process has terminated", 500, "upstream_error"],
    ["upstream unreachable", 502, "upstream_error"],
  ])("%s", (error, status, code) => {
    expect(codeOf(error, status)).toBe(code);
  });

  it("reads long texts no longer than the beginning", async () => {
    const text = `${"exceeds the ".repeat(100_000)}x`;
    const effort = await effortOf(() => expect(codeOf(text, 400)).toBe("upstream_invalid_request"));
    expect(effort).toBeLessThan(500);
  });
});
