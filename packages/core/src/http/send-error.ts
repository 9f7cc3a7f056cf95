import { toGatewayError, UpstreamError, type GatewayError } from "../errors.ts";
import type { Outgoing } from "./exchange.ts";
import { requestIdHeaders } from "./request-id-headers.ts";
import type { Route } from "./routes.ts";
import { sendJson } from "./send-json.ts";

/** What an error is answered with. A stage of the host's own may have made an error of any status. */
export const statusOf = ({ status }: GatewayError): number => (status >= 400 && status < 600 ? status : 500);

/** What an error answer says beside the error. */
interface ErrorAnswer {
  /** What was asked, or could have been. */
  readonly routes: readonly Route[];
  readonly method: string;
  readonly requestId: string;
  readonly traceId: string | undefined;
  /** Clients see what the provider wrote in its errors. */
  readonly exposeUpstreamErrors: boolean;
}

/** Answers with an error, in the shape of the dialect that was asked. */
export const sendError = (outgoing: Outgoing, thrown: unknown, answer: ErrorAnswer): void => {
  const { routes, method, requestId, traceId } = answer;
  const error = expose(toGatewayError(thrown), answer.exposeUpstreamErrors);
  const wait = error.retryAfterMs;
  const body =
    routes[0]?.dialect.encodeError(error, requestId) ??
    JSON.stringify({ error: { message: error.message, type: error.type, param: null, code: error.code } });
  sendJson(outgoing, method, statusOf(error), body, {
    ...requestIdHeaders(routes[0]?.dialect, requestId),
    "x-should-retry": String(error.clientMayRetry),
    ...(traceId === undefined ? {} : { "x-llm-gateway-trace-id": traceId }),
    ...(error.code === "method_not_allowed" ? { allow: allowedBy(routes) } : {}),
    ...(wait === undefined
      ? {}
      : { "retry-after": String(Math.ceil(wait / 1000)), "retry-after-ms": String(Math.ceil(wait)) }),
    // What is left of a body that came too slowly can not be told from the next request.
    ...(error.code === "shutting_down" || error.code === "request_timeout" ? { connection: "close" } : {}),
  });
};

const allowedBy = (routes: readonly Route[]): string =>
  routes.map(({ method }) => (method === "GET" ? "GET, HEAD" : method)).join(", ");

/** With the provider's own words, where the operator lets clients see them. */
const expose = (error: GatewayError, exposeUpstreamErrors: boolean): GatewayError => {
  if (!exposeUpstreamErrors || !(error instanceof UpstreamError) || error.upstreamMessage === undefined) return error;
  return new UpstreamError(error.code, `${error.message} It said: ${error.upstreamMessage}`, {
    status: error.status,
    retries: error.retries,
    fallback: error.fallback,
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.upstreamCode === undefined ? {} : { upstreamCode: error.upstreamCode }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
};
