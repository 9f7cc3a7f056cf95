import { toGatewayError } from "../errors.ts";
import type { Context } from "../pipeline/context.ts";
import type { ExplainedError } from "./explanation.ts";

/** An error as plain data. What broke inside the gateway is told to the log only, as the error's message says. */
export const explainError = (thrown: unknown, { logger, id }: Context): ExplainedError => {
  const { code, status, message, param, retryAfterMs, cause } = toGatewayError(thrown);
  if (code === "internal_error") logger.error("A request failed inside the gateway.", { requestId: id, cause });
  return {
    code,
    status,
    message,
    ...(param === undefined ? {} : { param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
};
