import { describe, expect, test } from "vitest";
import { retry, type GatewayOptions } from "../../src/index.ts";
import { createWorld } from "./world.ts";

/** Errors are told as they came: nothing is tried again. */
const once: Partial<GatewayOptions> = {
  stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
};
const openaiError = (fields: object): object => ({
  error: { message: "No.", type: "invalid_request_error", param: null, code: null, ...fields },
});

describe("a provider's error", () => {
  // As providers word them: what they mean decides, not their status.
  test.each<[string, string, number, object, string, number]>([
    [
      "T15",
      "gemini/gemini-2.5-flash",
      400,
      {
        error: {
          code: 400,
          message: "API key not valid. Please pass a valid API key.",
          status: "INVALID_ARGUMENT",
          details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" }],
        },
      },
      "upstream_auth_failed",
      502,
    ],
    [
      "T15",
      "xai/grok-4",
      400,
      { code: "invalid-argument", error: "Incorrect API key provided. You can obtain one from https://console.x.ai." },
      "upstream_auth_failed",
      502,
    ],
    ["T15", "responses/m", 400, openaiError({ code: "model_not_found" }), "upstream_model_not_found", 502],
    ["T15", "openai/m", 404, openaiError({ code: "model_not_found" }), "upstream_model_not_found", 502],
    [
      "T15",
      "mistral/m",
      400,
      { object: "error", message: "Invalid model: m", type: "invalid_model", param: null, code: "1500" },
      "upstream_model_not_found",
      502,
    ],
    ["T15", "deepseek/m", 400, openaiError({ message: "Model Not Exist" }), "upstream_model_not_found", 502],
    [
      "T16",
      "openai/m",
      429,
      openaiError({ type: "insufficient_quota", code: "insufficient_quota" }),
      "upstream_quota_exhausted",
      503,
    ],
    [
      "T16",
      "openai/m",
      429,
      openaiError({ type: "requests", code: "rate_limit_exceeded" }),
      "upstream_rate_limited",
      429,
    ],
    [
      "T23",
      "house/m",
      400,
      openaiError({ code: "content_filter", innererror: { code: "ResponsibleAIPolicyViolation" } }),
      "upstream_content_filter",
      400,
    ],
    [
      "T13",
      "groq/m",
      400,
      openaiError({ code: "tool_use_failed", failed_generation: "[]" }),
      "upstream_invalid_request",
      400,
    ],
    [
      "T18",
      "mistral/m",
      400,
      { object: "error", message: "No.", type: "invalid_request_invalid_args", param: null, code: "3051" },
      "upstream_invalid_request",
      400,
    ],
    ["T18", "mistral/m", 401, { detail: "Invalid API Key" }, "upstream_auth_failed", 502],
    ["T14", "responses/m", 400, openaiError({ code: "context_length_exceeded" }), "context_length_exceeded", 400],
    [
      "T14",
      "perplexity/m",
      400,
      { error: { message: "Too long.", type: "too_many_prompt_tokens", code: 400 } },
      "context_length_exceeded",
      400,
    ],
    [
      "T14",
      "ollama/m",
      400,
      { error: "prompt too long; exceeded max context length by 7 tokens" },
      "context_length_exceeded",
      400,
    ],
  ])("%s: of %s with status %d is told for what it is (%#)", async (_, model, status, body, code, told) => {
    const { chat } = createWorld({ status, body }, once);
    const answer = await chat({ model });
    expect([answer.body.error.code, answer.status]).toEqual([code, told]);
  });

  test.each<[string, object, Record<string, string>, number | undefined]>([
    ["retry-after-ms of zero says nothing", {}, { "retry-after-ms": "0" }, undefined],
    ["retry-after-ms outranks retry-after", {}, { "retry-after-ms": "1500", "retry-after": "9" }, 1_500],
    ["retry-after may have a fraction", {}, { "retry-after": "2.5" }, 2_500],
    [
      "Gemini's wait stands in the body",
      {
        error: {
          code: 429,
          status: "RESOURCE_EXHAUSTED",
          details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }],
        },
      },
      {},
      34_500,
    ],
    ["and some have it in words", openaiError({ message: "Please try again in 1m12s." }), {}, 72_000],
  ])("T17: %s", async (_, body, headers, wait) => {
    const model = "error" in body && "details" in (body.error as object) ? "gemini/gemini-2.5-flash" : "house/m";
    const { chat } = createWorld(
      { status: 429, headers: { "content-type": "application/json", ...headers }, body },
      once,
    );
    const answer = await chat({ model });
    const told = answer.headers.get("retry-after-ms");
    expect(told === null ? undefined : Number(told)).toBe(wait);
  });

  test("T17: and a wait on an answer that is none is no wait at all", async () => {
    const { chat, transport } = createWorld({
      headers: { "content-type": "application/json", "retry-after": "60" },
      body: { id: "c", choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }] },
    });
    const { status, headers } = await chat({ model: "house/m" });
    expect([status, headers.get("retry-after"), transport.requests.length]).toEqual([200, null, 1]);
  });

  test.each([
    [429, openaiError({ code: "rate_limit_exceeded" }), "true"],
    [503, openaiError({ type: "overloaded_error" }), "true"],
    [400, openaiError({}), "false"],
    [401, openaiError({}), "false"],
    [500, openaiError({ type: "server_error" }), "false"],
  ])("T39: of status %d says truly whether a client shall try again: %s", async (status, body, may) => {
    const { chat } = createWorld({ status, body }, once);
    expect((await chat({ model: "house/m" })).headers.get("x-should-retry")).toBe(may);
  });

  test("Q70: and no address of a call ever holds a key", async () => {
    const { generate, transport, url } = createWorld(
      { status: 500, body: "failed at https://host/?key=AIzaSECRET" },
      once,
    );
    const { text } = await generate("gemini/gemini-2.5-flash", {});
    expect(url()).not.toContain("sk-test");
    expect(transport.requests[0]?.headers["x-goog-api-key"]).toBe("sk-test");
    expect(text).not.toContain("AIzaSECRET");
  });

  test("T40: and a model's name with `:` and `/` is one part of the address", async () => {
    const { chat, url } = createWorld({ status: 500, body: {} }, once);
    await chat({ model: "bedrock/us.amazon.nova-pro-v1:0" });
    expect(url()).toMatch(/\/model\/us\.amazon\.nova-pro-v1%3A0\/converse$/);
  });
});
