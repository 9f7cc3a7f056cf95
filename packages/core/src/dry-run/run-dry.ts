import type { ChatRequest } from "../chat/request.ts";
import type { Engine } from "../engine.ts";
import { GatewayError } from "../errors.ts";
import { Cancellation } from "../pipeline/cancellation.ts";
import type { Handler } from "../pipeline/compose.ts";
import { createContext, requireValue, type Context, type Principal } from "../pipeline/context.ts";
import { dryRunKey } from "../pipeline/dry-run.ts";
import { healthKey, type Health } from "../providers/health.ts";
import { silentSpan } from "../telemetry/request-telemetry.ts";

/** Who wants to know. */
export interface Asker {
  readonly principal: Principal;
  /** @default a new one */
  readonly requestId?: string;
  readonly signal?: AbortSignal;
}

/** A context like that of a real request, but nothing is traced in it, and no target's health changes. */
export const createDryContext = (engine: Engine, request: ChatRequest, asker: Asker): Context => {
  const { values, clock, random, logger, deadlineMs } = engine.options;
  const context = createContext({
    id: asker.requestId ?? engine.createRequestId(),
    request,
    principal: asker.principal,
    cancellation: new Cancellation(),
    deadline: clock.now() + deadlineMs,
    clock,
    random,
    logger,
    span: silentSpan,
    values,
  });
  context.set(dryRunKey, true);
  context.set(healthKey, lookOnly(requireValue(context, healthKey)));
  return context;
};

const ignore = (): void => undefined;

const lookOnly = (health: Health): Health => ({
  ...health,
  acquire: (target) => health.check(target) === undefined,
  succeeded: ignore,
  failed: ignore,
  neutral: ignore,
});

const over = new GatewayError("client_closed", "The dry run is over.");

/**
 * How the run fails, which it does unless a stage answers. It is waited for until the deadline at most.
 *
 * @throws GatewayError `client_closed` where the signal is aborted.
 */
export const failureOf = async (run: Handler, context: Context, signal: AbortSignal | undefined): Promise<unknown> => {
  const { cancellation, clock, deadline } = context;
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  cancellation.add(reject);
  const timer = clock.timer(deadline - clock.now(), () =>
    cancellation.cancel(new GatewayError("upstream_timeout", "The request took longer than its deadline allows.")),
  );
  const onAbort = (): void =>
    cancellation.cancel(
      new GatewayError("client_closed", "The caller aborted the request.", { cause: signal?.reason }),
    );
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([run(context), cancelled]);
    return undefined;
  } catch (error) {
    if (signal?.aborted === true) throw cancellation.reason;
    return error;
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
    // Whatever a stage left running has nobody to work for any more.
    cancellation.cancel(over);
  }
};
