import { describe, expect, it } from "vitest";
import { allRecordings, present } from "../../../test/recordings/fixtures.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { gemini } from "./gemini.ts";

const status = (details: readonly unknown[] = [], rest: object = {}): unknown => ({
  error: { code: 429, message: "No.", status: "RESOURCE_EXHAUSTED", details, ...rest },
});
const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.07s" };

describe("decodeError", () => {
  it("reads message and status, also from an array", () => {
    const expected = { message: "No.", type: "RESOURCE_EXHAUSTED" };
    expect(gemini.decodeError(status())).toEqual(expected);
    expect(gemini.decodeError([status()])).toEqual(expected);
  });

  it("reads the reason as the code: a bad key is a 400 by status alone (T15)", () => {
    const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_KEY_INVALID" };
    const details = gemini.decodeError(status([info], { code: 400, status: "INVALID_ARGUMENT" }));
    expect(details).toMatchObject({ code: "API_KEY_INVALID", type: "INVALID_ARGUMENT" });
    expect(toUpstreamError(details, { provider: "acme", status: 400 }).code).toBe("upstream_auth_failed");
  });

  it("reads the wait from the body (T17)", () => {
    expect(gemini.decodeError(status([retryInfo])).retryAfterMs).toBeCloseTo(34_070);
  });

  it("gives no wait for a daily quota", () => {
    const quota = {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [{ quotaId: "RequestsPerDayPerProject" }],
    };
    expect(gemini.decodeError(status([quota, retryInfo]))).not.toHaveProperty("retryAfterMs");
  });

  it("names the field that was bad", () => {
    const bad = {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [{ field: "contents[0].parts" }],
    };
    expect(gemini.decodeError(status([bad])).param).toBe("contents[0].parts");
  });

  it("makes something of every other body", () => {
    expect(gemini.decodeError("<html>")).toEqual({ message: "<html>" });
    expect(gemini.decodeError({ error: "text" })).toEqual({ message: "text" });
    expect(gemini.decodeError({ message: "flat" })).toEqual({ message: "flat" });
    expect(
      gemini.decodeError(status([null, 1, { "@type": 3 }, { "@type": "x.RetryInfo", retryDelay: 5 }])),
    ).toHaveProperty("message");
    for (const body of [null, undefined, 3, [], {}, ""]) expect(gemini.decodeError(body)).toEqual({});
  });
});

describe.skipIf(!present)("recorded errors (skipped where the recordings are absent)", () => {
  it.each([
    ["constructed/gemini/deadline-504", 504, "upstream_timeout", undefined],
    ["constructed/gemini/internal-500", 500, "upstream_error", undefined],
    ["constructed/gemini/unavailable-503", 503, "upstream_overloaded", undefined],
    ["constructed/gemini/quota-429-retry-info", 429, "upstream_rate_limited", 34_000],
    ["constructed/gemini/missing-thought-signature-400", 400, "upstream_invalid_request", undefined],
    [
      "gemini/generate-error-400-chat-error-handling-with-gemini-gemini-2-5-flash-raises-appropri",
      400,
      "upstream_auth_failed",
      undefined,
    ],
    ["vertex/generate-error-404-generate-content-missing-model", 404, "upstream_model_not_found", undefined],
  ] as const)("%s", (name, httpStatus, code, retryAfterMs) => {
    const recording = allRecordings.find(({ dir }) => dir === name);
    expect(recording?.status).toBe(httpStatus);
    const error = toUpstreamError(gemini.decodeError(JSON.parse(String(recording?.body))), {
      provider: "acme",
      status: httpStatus,
    });
    expect({ code: error.code, retryAfterMs: error.retryAfterMs }).toEqual({ code, retryAfterMs });
  });
});
