import { describe, expect, it } from "vitest";
import { toUpstreamError } from "../upstream-error.ts";
import { cohere } from "./cohere.ts";

const codeOf = (status: number, body: unknown): string =>
  toUpstreamError(cohere.decodeError(body, {}), { provider: "acme", status }).code;

describe("decodeError", () => {
  it("reads what the provider and whoever stands before it say", () => {
    expect(cohere.decodeError({ id: "1", message: "no", error_type: "X" }, {})).toEqual({ message: "no", type: "X" });
    expect(cohere.decodeError({ error: "no" }, {})).toEqual({ message: "no" });
    expect(cohere.decodeError("<html>", {})).toEqual({ message: "<html>" });
    for (const body of ["", null, undefined, 3, [], {}, { message: 3 }])
      expect(cohere.decodeError(body, {})).toEqual({});
  });

  it.each([
    [400, { message: "no", error_type: "TOO_MANY_TOKENS" }, "context_length_exceeded"],
    [
      400,
      { message: "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292." },
      "context_length_exceeded",
    ],
    [400, { message: "too many tokens: max tokens must be less than or equal to 4096" }, "upstream_invalid_request"],
    [400, { message: "invalid request: temperature must be between 0 and 1.0 inclusive." }, "upstream_invalid_request"],
    [401, { message: "invalid api token" }, "upstream_auth_failed"],
    [402, { message: "Maximum billing reached for this API key" }, "upstream_quota_exhausted"],
    [403, {}, "upstream_auth_failed"],
    [404, { message: "model 'xyz' not found" }, "upstream_model_not_found"],
    [422, { message: "no" }, "upstream_invalid_request"],
    [
      429,
      { message: "You are using a Trial key, which is limited to 40 API calls / minute." },
      "upstream_rate_limited",
    ],
    [
      429,
      { message: "You are using a Trial key, which is limited to 1000 API calls / month." },
      "upstream_quota_exhausted",
    ],
    [500, { message: "internal server error" }, "upstream_error"],
    [503, "upstream connect error", "upstream_overloaded"],
    [504, {}, "upstream_error"],
  ])("%i %j is %s", (status, body, code) => {
    expect(codeOf(status, body)).toBe(code);
  });
});
