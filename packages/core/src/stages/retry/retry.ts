import type { Reply } from "../../chat/reply.ts";
import type { Target } from "../../chat/target.ts";
import { GatewayError, toGatewayError } from "../../errors.ts";
import { createContextKey, type Context, type ContextKey } from "../../pipeline/context.ts";
import { defineStage, type Next, type Stage } from "../../pipeline/stage.ts";
import type { BreakerState } from "../../providers/breaker.ts";
import { healthKey, type Health } from "../../providers/health.ts";
import { registryKey } from "../../providers/registry.ts";
import { errorType } from "../../telemetry/error-type.ts";
import { telemetryKey } from "../../telemetry/request-telemetry.ts";
import { attribute, spanEvent } from "../../telemetry/semconv.ts";
import { checkCount, checkKnown, checkMs } from "../../check-options.ts";
import { backoffMs } from "./backoff.ts";

export interface RetryOptions {
  /** Provider calls for one request in all, over all targets. @default 3 */
  readonly attempts?: number;
  /** Repeated calls to one target, where the error allows any. @default 1 */
  readonly retriesPerTarget?: number;
  /** First step of the backoff. @default 250 */
  readonly baseDelayMs?: number;
  /** @default 8_000 */
  readonly maxDelayMs?: number;
  /** First step of the backoff after a rate limit or overload. @default 1_000 */
  readonly overloadBaseDelayMs?: number;
  /** @default 20_000 */
  readonly overloadMaxDelayMs?: number;
  /** Longest wait a provider may ask for before another target is tried instead. @default 5_000 */
  readonly maxWaitMs?: number;
  /** A call is only made if at least this much time is left. @default 500 */
  readonly minAttemptMs?: number;
}

const retryDefaults: Required<RetryOptions> = {
  attempts: 3,
  retriesPerTarget: 1,
  baseDelayMs: 250,
  maxDelayMs: 8_000,
  overloadBaseDelayMs: 1_000,
  overloadMaxDelayMs: 20_000,
  maxWaitMs: 5_000,
  minAttemptMs: 500,
};

/** One provider call of a request. */
export interface AttemptRecord {
  readonly target: string;
  /** Its error's code; absent where the call brought an answer. */
  readonly error?: string;
  readonly durationMs: number;
}

/** The calls made for a request so far, the last one last. */
export const attemptsKey: ContextKey<readonly AttemptRecord[]> = createContextKey("attempts");

const resolveOptions = (options: RetryOptions): Required<RetryOptions> => {
  checkKnown(options, "retry", Object.keys(retryDefaults));
  const settled = { ...retryDefaults, ...options };
  checkCount(settled.attempts, "retry.attempts");
  checkCount(settled.retriesPerTarget, "retry.retriesPerTarget", 0);
  const times = [
    "baseDelayMs",
    "maxDelayMs",
    "overloadBaseDelayMs",
    "overloadMaxDelayMs",
    "maxWaitMs",
    "minAttemptMs",
  ] as const;
  for (const name of times) checkMs(settled[name], `retry.${name}`);
  return settled;
};

/**
 * Walks the list of targets until one answers: again where the error allows it, then the next. The error itself says
 * what may follow it; nothing is tried once the answer has begun, the client has gone or the deadline is near.
 *
 * @throws the last error, where nobody answered.
 */
export const retry = (options: RetryOptions = {}): Stage => {
  const settled = resolveOptions(options);
  return defineStage("retry", (context, next) => new Walk(context, next, settled).run(), { span: "enclose" });
};

/** One request's way along its targets. */
class Walk {
  readonly #context: Context;
  readonly #next: Next;
  readonly #options: Required<RetryOptions>;
  readonly #health: Health | undefined;
  readonly #attempts: AttemptRecord[] = [];
  /** The answer is the reader's now, and the stage has nothing more to do with it. */
  #isOver = false;

  constructor(context: Context, next: Next, options: Required<RetryOptions>) {
    this.#context = context;
    this.#next = next;
    this.#options = options;
    this.#health = context.get(healthKey);
    context.set(attemptsKey, this.#attempts);
  }

  async run(): Promise<Reply> {
    let queue = this.#context.targets;
    let failed: { readonly target: Target; readonly error: GatewayError } | undefined;
    for (let target = queue[0]; target !== undefined; target = queue[0]) {
      queue = queue.slice(1);
      if (!this.#acquire(target)) continue;
      if (failed !== undefined) {
        this.#context.span.addEvent(spanEvent.fallback, {
          from: failed.target.id,
          to: target.id,
          [attribute.errorType]: errorType(failed.error),
        });
      }
      const answer = await this.#ask(target);
      if (!GatewayError.is(answer)) return answer;
      failed = { target, error: answer };
      if (!answer.fallback || !this.#timeFor(0)) break;
      if (answer.code === "context_length_exceeded") queue = this.#larger(queue, target);
    }
    throw failed?.error ?? this.#nobody();
  }

  #acquire(target: Target): boolean {
    if (this.#health === undefined) return true;
    if (!this.#health.acquire(target)) return false;
    const state = this.#health.breaker(target);
    // Not yet told by anybody: that it half opened is seen when somebody looks.
    if (state !== "closed") this.#tell(target, state);
    return true;
  }

  #nobody(): GatewayError {
    const { targets } = this.#context;
    const isOpen = targets.length > 0 && targets.every((target) => this.#health?.breaker(target) !== "closed");
    return new GatewayError(
      "no_healthy_target",
      "Every target is being probed by another request.",
      isOpen ? { reason: "circuit_open" } : {},
    );
  }

  /** Reports to the health of a target, and tells of its breaker where that turns it. */
  #report(target: Target, report: (health: Health) => void): void {
    const health = this.#health;
    if (health === undefined) return;
    const before = health.breaker(target);
    report(health);
    const state = health.breaker(target);
    if (state !== before) this.#tell(target, state);
  }

  #tell({ id: target }: Target, state: BreakerState): void {
    if (this.#isOver) this.#context.get(telemetryKey)?.turned({ target, state });
    else this.#context.span.addEvent(spanEvent.breaker, { target, state });
  }

  /** Asks one target, again where its error allows; brings its reply or its last error. */
  #ask(target: Target, retries = 0): Promise<Reply | GatewayError> {
    const { clock } = this.#context;
    const start = clock.now();
    const answered = (reply: Reply): Reply => {
      this.#attempts.push({ target: target.id, durationMs: clock.now() - start });
      this.#watch(target, reply);
      this.#isOver = true;
      return reply;
    };
    const failed = (thrown: unknown): Promise<Reply | GatewayError> =>
      this.#askAgain(target, retries, this.#failed(target, toGatewayError(thrown), clock.now() - start));
    return this.#next({ target, attempt: this.#attempts.length + 1 }).then(answered, failed);
  }

  async #askAgain(target: Target, retries: number, error: GatewayError): Promise<Reply | GatewayError> {
    const { clock, span } = this.#context;
    const delayMs = this.#delayBefore(target, error, retries);
    if (delayMs === undefined) return error;
    span.addEvent(spanEvent.retry, {
      attempt: this.#attempts.length,
      delay: delayMs / 1000,
      [attribute.errorType]: errorType(error),
    });
    this.#context.get(telemetryKey)?.delayed(delayMs);
    await clock.sleep(delayMs, this.#context.signal);
    return this.#ask(target, retries + 1);
  }

  /** Takes note of a failed call, unless it failed because the request is no longer wanted. */
  #failed(target: Target, error: GatewayError, durationMs: number): GatewayError {
    const { cancellation } = this.#context;
    this.#attempts.push({ target: target.id, error: error.code, durationMs });
    if (cancellation.cancelled) {
      this.#health?.neutral(target);
      throw cancellation.reason;
    }
    this.#report(target, (health) => health.failed(target, error));
    return error;
  }

  /** How long to wait before asking the same target again; `undefined` where it is not to be asked again. */
  #delayBefore(target: Target, error: GatewayError, retries: number): number | undefined {
    const { retriesPerTarget, maxWaitMs } = this.#options;
    if (retries >= Math.min(error.retries, retriesPerTarget) || (error.retryAfterMs ?? 0) > maxWaitMs) return undefined;
    if (this.#health?.check(target)?.reason === "open") return undefined;
    const delayMs = backoffMs(error, retries, this.#options, this.#context.random);
    return this.#timeFor(delayMs) ? delayMs : undefined;
  }

  /** Reports how the answer ended. A probe is over with the first content, or one slow stream would block the rest. */
  #watch(target: Target, reply: Reply): void {
    this.#health?.neutral(target);
    reply.finished.add(({ exit, error }) =>
      this.#report(target, (health) => {
        if (exit === "complete") health.succeeded(target);
        else if (exit === "failed") health.failed(target, toGatewayError(error));
        else health.neutral(target);
      }),
    );
  }

  #timeFor(delayMs: number): boolean {
    const { clock, deadline } = this.#context;
    return (
      this.#attempts.length < this.#options.attempts && clock.now() + delayMs + this.#options.minAttemptMs < deadline
    );
  }

  /** What is too long for one model may fit a larger one, but never a smaller. */
  #larger(targets: readonly Target[], failed: Target): readonly Target[] {
    const registry = this.#context.get(registryKey);
    const windowOf = (target: Target): number | undefined => registry?.model(target)?.contextWindow;
    const window = windowOf(failed) ?? 0;
    return targets.filter((target) => (windowOf(target) ?? Infinity) > window);
  }
}
