import type { Reply } from "../../chat/reply.ts";
import type { Target } from "../../chat/target.ts";
import { GatewayError, toGatewayError } from "../../errors.ts";
import { createContextKey, type Context, type ContextKey } from "../../pipeline/context.ts";
import { defineStage, type Next, type Stage } from "../../pipeline/stage.ts";
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
  #lastError: GatewayError | undefined;

  constructor(context: Context, next: Next, options: Required<RetryOptions>) {
    this.#context = context;
    this.#next = next;
    this.#options = options;
    this.#health = context.get(healthKey);
    context.set(attemptsKey, this.#attempts);
  }

  async run(): Promise<Reply> {
    let queue = this.#context.targets;
    for (let target = queue[0]; target !== undefined; target = queue[0]) {
      queue = queue.slice(1);
      if (this.#health?.acquire(target) === false) continue;
      const answer = await this.#ask(target);
      if (!GatewayError.is(answer)) return answer;
      this.#lastError = answer;
      if (!answer.fallback || !this.#timeFor(0)) break;
      if (answer.code === "context_length_exceeded") queue = this.#larger(queue, target);
      const following = queue[0];
      if (following !== undefined) {
        this.#context.span.addEvent(spanEvent.fallback, {
          from: target.id,
          to: following.id,
          [attribute.errorType]: errorType(answer),
        });
      }
    }
    throw this.#lastError ?? new GatewayError("no_healthy_target", "Every target is being probed by another request.");
  }

  /** Asks one target, again where its error allows; brings its reply or its last error. */
  async #ask(target: Target): Promise<Reply | GatewayError> {
    const { clock } = this.#context;
    for (let retries = 0; ; retries++) {
      const start = clock.now();
      let error: GatewayError;
      try {
        const reply = await this.#next({ target, attempt: this.#attempts.length + 1 });
        this.#attempts.push({ target: target.id, durationMs: clock.now() - start });
        this.#watch(target, reply);
        return reply;
      } catch (thrown) {
        error = this.#failed(target, toGatewayError(thrown), clock.now() - start);
      }
      const delayMs = this.#delayBefore(target, error, retries);
      if (delayMs === undefined) return error;
      this.#context.span.addEvent(spanEvent.retry, {
        attempt: this.#attempts.length,
        delay: delayMs / 1000,
        [attribute.errorType]: errorType(error),
      });
      this.#context.get(telemetryKey)?.delayed(delayMs);
      await clock.sleep(delayMs, this.#context.signal);
    }
  }

  /** Takes note of a failed call, unless it failed because the request is no longer wanted. */
  #failed(target: Target, error: GatewayError, durationMs: number): GatewayError {
    const { cancellation } = this.#context;
    this.#attempts.push({ target: target.id, error: error.code, durationMs });
    if (cancellation.cancelled) {
      this.#health?.neutral(target);
      throw cancellation.reason;
    }
    const wasOpen = this.#health?.check(target)?.reason === "open";
    this.#health?.failed(target, error);
    if (!wasOpen && this.#health?.check(target)?.reason === "open") {
      this.#context.span.addEvent(spanEvent.breaker, { target: target.id, state: "open" });
    }
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
    const health = this.#health;
    if (health === undefined) return;
    health.neutral(target);
    reply.finished.add(({ exit, error }) => {
      if (exit === "complete") health.succeeded(target);
      else if (exit === "failed") health.failed(target, toGatewayError(error));
      else health.neutral(target);
    });
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
