import { describe, expect, it } from "vitest";
import { GatewayError } from "../errors.ts";
import { decodeError, encodeError } from "./openai-errors.ts";

describe("decodeError", () => {
  it.each<[string, unknown, object]>([
    [
      "OpenAI",
      { error: { message: "m", type: "t", param: "p", code: "c" } },
      { message: "m", type: "t", param: "p", code: "c" },
    ],
    ["nulls", { error: { message: "m", type: null, param: null, code: null } }, { message: "m" }],
    [
      "Anthropic",
      { type: "error", error: { type: "overloaded_error", message: "m" }, request_id: "r" },
      { message: "m", type: "overloaded_error" },
    ],
    [
      "Gemini, in a list",
      [{ error: { code: 429, message: "m", status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "34.5s" }] } }],
      { message: "m", code: "429", type: "RESOURCE_EXHAUSTED", retryAfterMs: 34_500 },
    ],
    [
      "Gemini's bad key",
      { error: { code: 400, message: "m", details: [{ reason: "API_KEY_INVALID" }] } },
      { message: "m", code: "API_KEY_INVALID" },
    ],
    [
      "a flat one",
      { object: "error", message: "m", type: "t", param: null, code: "3051" },
      { message: "m", type: "t", code: "3051" },
    ],
    ["two strings", { code: "invalid-argument", error: "m" }, { message: "m", code: "invalid-argument" }],
    ["one string", { error: "m" }, { message: "m" }],
    ["a detail", { detail: "m" }, { message: "m" }],
    [
      "a list of details",
      { detail: [{ loc: ["body", "model"], msg: "Field required", type: "missing" }] },
      { message: "body.model: Field required" },
    ],
    [
      "details in a message",
      { object: "error", message: { detail: [{ msg: "m" }] }, type: "t" },
      { message: "m", type: "t" },
    ],
    ["Cohere", { id: "i", message: "m", error_type: "t" }, { message: "m", type: "t" }],
    ["MiniMax", { base_resp: { status_code: 1008, status_msg: "m" } }, { message: "m", code: "1008" }],
    ["a list of errors", { success: false, errors: [{ code: 10000, message: "m" }] }, { message: "m", code: "10000" }],
    [
      "the error behind the error",
      {
        error: {
          message: "Provider returned error",
          code: 502,
          metadata: { raw: '{"error":{"type":"overloaded_error","message":"m"}}' },
        },
      },
      { message: "m", code: "502", type: "overloaded_error" },
    ],
    [
      "raw text behind it",
      { error: { message: "x", code: 502, metadata: { raw: "m", error_type: "t" } } },
      { message: "m", code: "502", type: "t" },
    ],
    ["a page", "<html>Bad gateway</html>", { message: "<html>Bad gateway</html>" }],
    ["nothing", "", {}],
    ["nothing at all", undefined, {}],
    ["null", null, {}],
  ])("reads %s", (_, body, expected) => {
    expect(decodeError(body)).toEqual(expected);
  });

  it("is not led round in circles", () => {
    let raw = "{}";
    for (let depth = 0; depth < 8; depth++)
      raw = JSON.stringify({ error: { message: `m${depth}`, metadata: { raw } } });
    expect(decodeError(JSON.parse(raw)).message).toBe("m3");
  });
});

describe("encodeError", () => {
  it("writes OpenAI's error object", () => {
    const error = new GatewayError("invalid_value", "`n` is wrong.", { param: "n" });
    expect(JSON.parse(encodeError(error))).toEqual({
      error: { message: "`n` is wrong.", type: "invalid_request_error", param: "n", code: "invalid_value" },
    });
    expect(JSON.parse(encodeError(new GatewayError("internal_error", "x"))).error.param).toBeNull();
  });
});
