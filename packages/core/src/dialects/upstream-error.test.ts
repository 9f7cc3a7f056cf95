import { describe, expect, test } from "vitest";
import { UpstreamError } from "../errors.ts";
import { durationMs, retryHintMs } from "./retry-hint.ts";
import { toUpstreamError } from "./upstream-error.ts";

const classify = (status: number | undefined, details: Parameters<typeof toUpstreamError>[0] = {}): string =>
  toUpstreamError(details, { provider: "house", ...(status === undefined ? {} : { status }) }).code;

describe("toUpstreamError", () => {
  test.each([
    [400, "upstream_invalid_request"],
    [401, "upstream_auth_failed"],
    [402, "upstream_quota_exhausted"],
    [403, "upstream_auth_failed"],
    [404, "upstream_model_not_found"],
    [413, "upstream_invalid_request"],
    [422, "upstream_invalid_request"],
    [429, "upstream_rate_limited"],
    [500, "upstream_error"],
    [503, "upstream_overloaded"],
    [529, "upstream_overloaded"],
    [302, "upstream_redirect"],
  ])("takes a status of %i without a body as %s", (status, code) => {
    expect(classify(status)).toBe(code);
  });

  test("lets the body's code beat the status for quota, context, policy and keys", () => {
    expect(classify(429, { code: "insufficient_quota" })).toBe("upstream_quota_exhausted");
    expect(classify(400, { code: "context_length_exceeded" })).toBe("context_length_exceeded");
    expect(classify(400, { code: "content_filter" })).toBe("upstream_content_filter");
    expect(classify(400, { code: "API_KEY_INVALID" })).toBe("upstream_auth_failed");
    expect(classify(400, { message: "prompt is too long: 250000 tokens > 200000 maximum" })).toBe(
      "context_length_exceeded",
    );
  });

  test("goes by the words where nothing else tells", () => {
    expect(classify(400, { message: "prompt too long; exceeded max context length by 9 tokens" })).toBe(
      "context_length_exceeded",
    );
    expect(classify(403, { message: "Content violates usage guidelines. Failed check: X" })).toBe(
      "upstream_content_filter",
    );
    expect(classify(403, { message: "Your input was flagged" })).toBe("upstream_content_filter");
    expect(classify(403, { message: "You may not" })).toBe("upstream_auth_failed");
  });

  test("lets the status beat a type that says only that something failed", () => {
    expect(classify(529, { type: "api_error" })).toBe("upstream_overloaded");
  });

  test("goes by the type alone inside a stream", () => {
    expect(classify(undefined, { type: "overloaded_error" })).toBe("upstream_overloaded");
    expect(classify(undefined, { message: "?" })).toBe("upstream_error");
  });

  test("lets the status that a body speaks of beat the answer's own", () => {
    expect(classify(424)).toBe("upstream_error");
    expect(classify(424, { status: 429 })).toBe("upstream_rate_limited");
    expect(classify(undefined, { status: 400 })).toBe("upstream_invalid_request");
    expect(toUpstreamError({}, { provider: "house", status: 424 }).retryable).toBe(false);
    expect(toUpstreamError({ status: 500 }, { provider: "house", status: 424 }).retryable).toBe(true);
  });

  test("knows what AWS calls things", () => {
    expect(classify(429, { type: "ModelNotReadyException" })).toBe("upstream_overloaded");
    expect(classify(408, { type: "ModelTimeoutException" })).toBe("upstream_timeout");
    expect(classify(400, { type: "ServiceQuotaExceededException" })).toBe("upstream_quota_exhausted");
    expect(classify(400, { message: "The provided model identifier is invalid." })).toBe("upstream_model_not_found");
  });

  test("keeps 413 as it is and repeats no unknown server error", () => {
    expect(toUpstreamError({}, { provider: "house", status: 413 }).status).toBe(413);
    expect(toUpstreamError({}, { provider: "house", status: 500 }).retryable).toBe(true);
    expect(toUpstreamError({}, { provider: "house", status: 599 }).retryable).toBe(false);
  });

  test("repeats once what a provider itself gave up on in time, unlike what we did", () => {
    const theirs = toUpstreamError({ type: "timeout_error" }, { provider: "house", status: 504 });
    expect([theirs.code, theirs.retries]).toEqual(["upstream_timeout", 1]);
    expect(new UpstreamError("upstream_timeout", "").retries).toBe(0);
  });

  test("keeps the provider's own words out of the message", () => {
    const error = toUpstreamError({ message: "secret prompt text" }, { provider: "house", status: 400 });
    expect(error.message).not.toContain("secret");
    expect(error.upstreamMessage).toBe("secret prompt text");
  });
});

describe("retryHintMs", () => {
  test.each<[Record<string, string>, number | undefined]>([
    [{ "retry-after-ms": "1500" }, 1_500],
    [{ "retry-after-ms": "0", "retry-after": "2" }, 2_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "Fri, 20 Nov 2026 10:00:30 GMT", date: "Fri, 20 Nov 2026 10:00:00 GMT" }, 30_000],
    [{ "retry-after": "Fri, 20 Nov 2026 10:00:30 GMT" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "90000" }, undefined],
    [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" }, 360_000],
    [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "250ms" }, 250],
    [{ "x-ratelimit-remaining-requests": "17", "x-ratelimit-reset-requests": "6m0s" }, undefined],
    [{}, undefined],
  ])("reads %o as %s", (headers, ms) => {
    expect(retryHintMs(headers)).toBe(ms);
  });

  test("finds the wait in the body or in its words", () => {
    expect(retryHintMs({}, { retryAfterMs: 34_070 })).toBe(34_070);
    expect(retryHintMs({}, { message: "Rate limit reached. Please try again in 1m12s." })).toBe(72_000);
    expect(retryHintMs({}, { message: "Please try again in 5.289s. Visit us." })).toBe(5_289);
  });

  test.each([
    ["12ms", 12],
    ["1m0.5s", 60_500],
    ["2h3m", 7_380_000],
    ["soon", undefined],
    ["5", undefined],
    ["", undefined],
  ])("reads the duration %s", (words, ms) => expect(durationMs(words)).toBe(ms));
});
