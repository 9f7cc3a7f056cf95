import type { Finish } from "./chat/finish.ts";
import { toGatewayError } from "./errors.ts";
import type { Context, Logger } from "./pipeline/context.ts";
import { cacheResultKey } from "./stages/cache/context-keys.ts";
import { guardrailFindingsKey } from "./stages/guardrail/findings.ts";
import { spentKey } from "./stages/meter/meter.ts";
import { attemptsKey } from "./stages/retry/retry.ts";
import type { Outcome, RequestEnd } from "./telemetry/request-facts.ts";
import type { RequestTelemetry } from "./telemetry/request-telemetry.ts";

/** What whoever asked has seen of an answer that is over. */
export interface Ending {
  /** Its HTTP status, where it was asked for over HTTP. */
  readonly status?: number;
  /** It had begun: what went wrong after that was told in the middle of it. */
  readonly begun: boolean;
}

/** Who is told that a request is over, and what it was. */
interface Closing {
  readonly requestId: string;
  readonly dialect: string;
  /** Absent where the request was not read. */
  readonly model?: string;
  readonly logger: Logger;
  readonly telemetry: RequestTelemetry | undefined;
}

/**
 * Closes the one record of a request that went through the stages.
 *
 * @param startedAt In the clock's milliseconds.
 */
export const closeRecord = (
  context: Context,
  telemetry: RequestTelemetry | undefined,
  finish: Finish,
  { status, begun }: Ending,
  startedAt: number,
): void => {
  const { id: requestId, request, logger, clock } = context;
  if (telemetry === undefined && logger.debugs === false && finish.error === undefined) return;
  const { dialect, model } = request;
  const end: RequestEnd = {
    outcome: outcomeOf(finish, begun, context),
    status,
    error: finish.error,
    attempts: context.get(attemptsKey) ?? [],
    cacheResult: context.get(cacheResultKey),
    spent: context.get(spentKey),
  };
  tell({ requestId, dialect, model, logger, telemetry }, end, clock.now() - startedAt);
};

/** The same of one that did not come to them. */
export const closeRefusal = (closing: Closing, error: unknown, { status, begun }: Ending, durationMs: number): void =>
  tell(closing, { outcome: outcomeOfError(error, begun), status, error, attempts: [] }, durationMs);

const outcomeOf = ({ exit, error }: Finish, begun: boolean, context: Context): Outcome => {
  if (exit !== "complete") return error === undefined ? "aborted" : outcomeOfError(error, begun);
  if (context.get(guardrailFindingsKey)?.some(({ action }) => action === "block") === true) return "blocked";
  return context.get(cacheResultKey) === "hit" ? "cache_hit" : "ok";
};

const outcomeOfError = (error: unknown, begun: boolean): Outcome => {
  const { code, status } = toGatewayError(error);
  if (code === "client_closed") return "aborted";
  if (code === "content_filter") return "blocked";
  // A refusal that comes in the middle of an answer is none any more: the answer broke.
  return begun || status >= 500 ? "error" : "rejected";
};

/** On the request's span and in its metrics, and as a line for whoever debugs. */
const tell = ({ requestId, dialect, model, logger, telemetry }: Closing, end: RequestEnd, durationMs: number): void => {
  const { outcome, status, attempts } = end;
  const error = end.error === undefined ? undefined : toGatewayError(end.error);
  if (logger.debugs !== false) {
    logger.debug([outcome, dialect, model].filter((word) => word !== undefined).join(" "), {
      requestId,
      target: attempts.findLast((attempt) => attempt.error === undefined)?.target,
      attempts: attempts.length,
      status,
      durationMs: Math.round(durationMs),
      ...(error === undefined ? {} : { error: error.code }),
    });
  }
  if (error?.code === "internal_error") {
    logger.error("A request failed inside the gateway.", { requestId, cause: error.cause });
  }
  telemetry?.end(end);
};
