import type { Finish } from "./chat/finish.ts";
import { toGatewayError } from "./errors.ts";
import type { Context } from "./pipeline/context.ts";
import { cacheResultKey } from "./stages/cache/context-keys.ts";
import { guardrailFindingsKey } from "./stages/guardrail/findings.ts";
import { spentKey } from "./stages/meter/meter.ts";
import { attemptsKey } from "./stages/retry/retry.ts";
import type { Outcome, RequestTelemetry } from "./telemetry/request-telemetry.ts";

/** What whoever asked has seen of an answer that is over. */
export interface Ending {
  /** Its HTTP status, where it was asked for over HTTP. */
  readonly status?: number;
  /** It had begun: what went wrong after that was told in the middle of it. */
  readonly begun: boolean;
}

interface Closed {
  readonly context: Context;
  readonly telemetry: RequestTelemetry | undefined;
}

const outcomeOf = ({ exit, error }: Finish, begun: boolean, context: Context): Outcome => {
  if (exit === "complete") {
    if (context.get(guardrailFindingsKey)?.some(({ action }) => action === "block") === true) return "blocked";
    return context.get(cacheResultKey) === "hit" ? "cache_hit" : "ok";
  }
  if (error === undefined) return "aborted";
  const { code, status } = toGatewayError(error);
  if (code === "client_closed") return "aborted";
  if (code === "content_filter") return "blocked";
  // A refusal that comes in the middle of an answer is none any more: the answer broke.
  return begun || status >= 500 ? "error" : "rejected";
};

/** Closes the one record of a client's request: on its span, and as a line for whoever debugs. */
export const closeRecord = (
  { context, telemetry }: Closed,
  finish: Finish,
  { status, begun }: Ending,
  durationMs: number,
): void => {
  const { logger } = context;
  const { error } = finish;
  const outcome = outcomeOf(finish, begun, context);
  const attempts = context.get(attemptsKey) ?? [];
  if (logger.debugs !== false) {
    logger.debug(`${outcome} ${context.request.dialect} ${context.request.model}`, {
      requestId: context.id,
      target: attempts.findLast((attempt) => attempt.error === undefined)?.target,
      attempts: attempts.length,
      status,
      durationMs: Math.round(durationMs),
      ...(error === undefined ? {} : { error: toGatewayError(error).code }),
    });
  }
  const internal = error === undefined ? undefined : toGatewayError(error);
  if (internal?.code === "internal_error")
    logger.error("A request failed inside the gateway.", { requestId: context.id, cause: internal.cause });
  const spent = context.get(spentKey);
  telemetry?.end({ outcome, status, error, attempts, cacheResult: context.get(cacheResultKey), spent });
};
