import { errors } from "undici";
import { GatewayError, UpstreamError } from "../errors.ts";

/** How far an exchange had come when its connection failed. */
export type ExchangePhase = "connecting" | "awaiting-headers" | "reading-body";

const tlsCodes =
  /^(EPROTO$|ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_)/;
const connectionLostCodes = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET"]);
const shutDownCodes = new Set(["UND_ERR_CLOSED", "UND_ERR_DESTROYED"]);

/** Whether the other side closed or reset the connection. */
export const isConnectionLost = (error: unknown): boolean =>
  connectionLostCodes.has(codeOf(error)) || (isParserError(error) && error.message.includes("Invalid EOF state"));

/** What a failed connection means to the gateway. Messages name the system's code and nothing of the request. */
export const toNetworkError = (error: unknown, phase: ExchangePhase): GatewayError => {
  const code = codeOf(error);
  const said = code === "" ? "" : ` (${code})`;
  const options = { cause: causeOf(error) };
  if (shutDownCodes.has(code)) return new GatewayError("shutting_down", "The gateway is shutting down.", options);
  if (code === "UND_ERR_INVALID_ARG") {
    return new GatewayError("internal_error", "The request to the provider could not be written.", options);
  }
  if (tlsCodes.test(code)) {
    return new UpstreamError("upstream_tls_error", `No secure connection to the provider${said}.`, options);
  }
  if (code === "UND_ERR_HEADERS_OVERFLOW") {
    return new UpstreamError("upstream_invalid_response", `The provider's headers are too large${said}.`, options);
  }
  if (isParserError(error) && !isConnectionLost(error)) {
    return new UpstreamError("upstream_invalid_response", "The provider's answer is not valid HTTP.", options);
  }
  if (phase === "connecting" && !isConnectionLost(error)) {
    return new UpstreamError("upstream_unreachable", `The provider could not be reached${said}.`, options);
  }
  const when = phase === "reading-body" ? "in the middle of its answer" : "before it answered";
  return new UpstreamError("upstream_reset", `The provider closed the connection ${when}${said}.`, options);
};

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

// Their codes do not say what is wrong in all versions, so the class and the parser's message have to.
const isParserError = (error: unknown): error is Error => error instanceof errors.HTTPParserError;

// Parser errors carry the bytes they stumbled over, which belong in no log.
const causeOf = (error: unknown): unknown => (isParserError(error) ? new Error(error.message) : error);
