import { errors } from "undici";
import { describe, expect, it } from "vitest";
import { toNetworkError, type ExchangePhase } from "./network-error.ts";

const errorWith = (code: string): Error => Object.assign(new Error("connect 10.0.0.7"), { code });

describe("toNetworkError", () => {
  it.each<[string, ExchangePhase, string]>([
    ["ECONNREFUSED", "connecting", "upstream_unreachable"],
    ["ENOTFOUND", "connecting", "upstream_unreachable"],
    ["EAI_AGAIN", "connecting", "upstream_unreachable"],
    ["EHOSTUNREACH", "connecting", "upstream_unreachable"],
    ["ETIMEDOUT", "connecting", "upstream_unreachable"],
    ["UND_ERR_CONNECT_TIMEOUT", "connecting", "upstream_unreachable"],
    ["ECONNRESET", "connecting", "upstream_reset"],
    ["ECONNRESET", "awaiting-headers", "upstream_reset"],
    ["EPIPE", "awaiting-headers", "upstream_reset"],
    ["ETIMEDOUT", "awaiting-headers", "upstream_reset"],
    ["UND_ERR_SOCKET", "reading-body", "upstream_reset"],
    ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "reading-body", "upstream_reset"],
    ["UND_ERR_HEADERS_OVERFLOW", "awaiting-headers", "upstream_invalid_response"],
    ["CERT_HAS_EXPIRED", "connecting", "upstream_tls_error"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "connecting", "upstream_tls_error"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "connecting", "upstream_tls_error"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "connecting", "upstream_tls_error"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "connecting", "upstream_tls_error"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "connecting", "upstream_tls_error"],
    ["EPROTO", "connecting", "upstream_tls_error"],
    ["UND_ERR_INVALID_ARG", "connecting", "internal_error"],
    ["UND_ERR_CLOSED", "connecting", "shutting_down"],
    ["UND_ERR_DESTROYED", "awaiting-headers", "shutting_down"],
  ])("makes %s while %s %s", (code, phase, expected) => {
    expect(toNetworkError(errorWith(code), phase)).toMatchObject({ code: expected });
  });

  it("names the system's code, keeps the cause and does not repeat its message", () => {
    const cause = errorWith("ENOTFOUND");
    const error = toNetworkError(cause, "connecting");
    expect(error.message).toBe("The provider could not be reached (ENOTFOUND).");
    expect(error.cause).toBe(cause);
  });

  it("makes something of what is not even an error", () => {
    expect(toNetworkError("odd", "connecting").message).toBe("The provider could not be reached.");
    expect(toNetworkError(null, "reading-body").code).toBe("upstream_reset");
  });

  it("tells bytes that are not HTTP from an end in the middle, and keeps those bytes to itself", () => {
    const parserError = (reason: string): Error => {
      const message = `Response does not match the HTTP/1.1 protocol (${reason})`;
      return Object.assign(new errors.HTTPParserError(message), { data: "confidential" });
    };
    const invalid = toNetworkError(parserError("Invalid status code"), "awaiting-headers");
    expect(invalid.code).toBe("upstream_invalid_response");
    expect(invalid.cause).toHaveProperty("message", expect.stringContaining("Invalid status code"));
    expect(invalid.cause).not.toHaveProperty("data");
    expect(toNetworkError(parserError("Invalid EOF state"), "reading-body").code).toBe("upstream_reset");
  });
});
