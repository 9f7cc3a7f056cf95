import { describe, expect, test } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import { replyOf, type Reply } from "../../chat/reply.ts";
import { createTarget } from "../../chat/target.ts";
import { collect } from "../../chat/collect.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import type { Context, ContextKey } from "../../pipeline/context.ts";
import { createHealth, healthKey, type Health } from "../../providers/health.ts";
import { createFakeClock, type FakeClock } from "../../testing/fake-clock.ts";
import { testContext } from "../../testing/test-context.ts";
import { attemptsKey, retry, type RetryOptions } from "./retry.ts";

const first = createTarget("one", "a");
const second = createTarget("two", "b");

const answer: readonly ChatEvent[] = [
  { type: "reply-start" },
  { type: "text-delta", choice: 0, text: "Hi" },
  { type: "reply-end", choice: 0, finishReason: "stop" },
];

interface Try {
  readonly clock: FakeClock;
  readonly context: Context;
  readonly health: Health;
  readonly asked: string[];
  readonly askedAt: number[];
  /** The reply or the error, once enough time has passed. */
  readonly outcome: Promise<Reply | GatewayError>;
}

/** Runs retry over both targets; `script` holds what each call does in turn: an error, or `undefined` for an answer. */
const walk = async (
  script: (Error | undefined)[],
  options: RetryOptions = {},
  random = 0.5,
  deadline = 600_000,
): Promise<Try> => {
  const clock = createFakeClock();
  const health = createHealth(clock, () => random);
  const values = new Map<ContextKey<unknown>, unknown>([[healthKey, health]]);
  const context = testContext({ clock, values, targets: [first, second], random: () => random, deadline });
  const asked: string[] = [];
  const askedAt: number[] = [];
  const outcome = retry(options)
    .run(context, (change) => {
      asked.push(change?.target?.id ?? "");
      askedAt.push(clock.now());
      const error = script.shift();
      return error === undefined ? Promise.resolve(replyOf([answer], change?.target)) : Promise.reject(error);
    })
    .catch((error: unknown) => error as GatewayError);
  await clock.advance(60_000);
  return { clock, context, health, asked, askedAt, outcome };
};

const upstream = (...[code, options]: [ConstructorParameters<typeof UpstreamError>[0], object?]): UpstreamError =>
  new UpstreamError(code, "It failed.", options);

describe("retry", () => {
  test("asks the first target once where it answers", async () => {
    const { asked, outcome } = await walk([]);
    expect(asked).toEqual(["one/a"]);
    expect((await outcome) as Reply).toHaveProperty("target.id", "one/a");
  });

  test("repeats an overload on the same target after a jittered second, then answers", async () => {
    const { asked, askedAt } = await walk([upstream("upstream_overloaded")]);
    expect(asked).toEqual(["one/a", "one/a"]);
    expect(askedAt).toEqual([0, 500]);
  });

  test("goes on to the next target when its repeats are used up", async () => {
    const { asked, context } = await walk([upstream("upstream_overloaded"), upstream("upstream_overloaded")]);
    expect(asked).toEqual(["one/a", "one/a", "two/b"]);
    expect(context.get(attemptsKey)?.map(({ error }) => error)).toEqual([
      "upstream_overloaded",
      "upstream_overloaded",
      undefined,
    ]);
  });

  test("goes straight to the next target after an error that allows no repeat", async () => {
    const { asked, askedAt } = await walk([upstream("upstream_timeout")]);
    expect(asked).toEqual(["one/a", "two/b"]);
    expect(askedAt).toEqual([0, 0]);
  });

  test.each(["upstream_invalid_request", "upstream_content_filter", "upstream_redirect"] as const)(
    "shows %s to the client at once, for it would fail anywhere",
    async (code) => {
      const { asked, outcome } = await walk([upstream(code)]);
      expect(asked).toEqual(["one/a"]);
      expect(await outcome).toHaveProperty("code", code);
    },
  );

  test("waits at least as long as the provider asks", async () => {
    const { asked, askedAt } = await walk([upstream("upstream_rate_limited", { retryAfterMs: 2_000 })], {}, 0.5);
    expect(asked).toEqual(["one/a", "one/a"]);
    expect(askedAt[1]).toBe(2_100);
  });

  test("falls back instead of waiting longer than maxWaitMs", async () => {
    const { asked, askedAt } = await walk([upstream("upstream_rate_limited", { retryAfterMs: 5_001 })]);
    expect(asked).toEqual(["one/a", "two/b"]);
    expect(askedAt[1]).toBe(0);
  });

  test("never makes more calls than `attempts`, and reports the last error", async () => {
    const { asked, outcome } = await walk(
      [upstream("upstream_error"), upstream("upstream_error"), upstream("upstream_quota_exhausted"), undefined],
      { attempts: 3 },
    );
    expect(asked).toHaveLength(3);
    expect(await outcome).toHaveProperty("code", "upstream_quota_exhausted");
  });

  test("does not wait into the deadline", async () => {
    const { asked } = await walk([upstream("upstream_rate_limited", { retryAfterMs: 4_000 })], {}, 0.5, 4_200);
    expect(asked).toEqual(["one/a", "two/b"]);
  });

  test("stops waiting when the client goes away", async () => {
    const clock = createFakeClock();
    const client = new AbortController();
    const gone = new GatewayError("client_closed", "The client left.");
    const context = testContext({ clock, targets: [first], signal: client.signal });
    let calls = 0;
    const outcome = retry().run(context, () => {
      calls++;
      return Promise.reject(upstream("upstream_overloaded"));
    });
    await clock.advance(0);
    client.abort(gone);
    await expect(outcome).rejects.toBe(gone);
    await clock.advance(60_000);
    expect(calls).toBe(1);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("passes over a target that is resting", async () => {
    const { context, clock, health } = await walk([]);
    health.failed(first, upstream("upstream_auth_failed"));
    const asked: string[] = [];
    await retry().run(context, (change) => {
      asked.push(change?.target?.id ?? "");
      return Promise.resolve(replyOf([answer]));
    });
    expect(asked).toEqual(["two/b"]);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("counts an answer that breaks while it is read against its target, and does not repeat it", async () => {
    const clock = createFakeClock();
    const health = createHealth(clock, () => 0.5, { breaker: { minimumOutcomes: 1 } });
    const values = new Map<ContextKey<unknown>, unknown>([[healthKey, health]]);
    const broken = upstream("upstream_stream_truncated");
    let calls = 0;
    const reply = await retry().run(testContext({ clock, values, targets: [first, second] }), () => {
      calls++;
      const inner = replyOf([answer], first);
      inner.finished.add(() => {});
      return Promise.resolve({ ...inner, batches: failingAfter(inner, broken) });
    });
    await expect(collect(reply)).rejects.toBe(broken);
    expect(calls).toBe(1);
    expect(health.list()).toMatchObject([{ target: "one/a", breaker: "open" }]);
  });

  test.each([
    [{ attempts: 0 }, "`retry.attempts` must be a positive integer, got 0."],
    [{ baseDelayMs: -1 }, "`retry.baseDelayMs`"],
    [{ attempt: 3 }, "retry() has no option `attempt`"],
  ])("refuses %o and says why", (options, message) => {
    expect(() => retry(options as RetryOptions)).toThrow(message);
    expect(() => retry(options as RetryOptions)).toThrow(TypeError);
  });
});

const failingAfter = (reply: Reply, error: Error): Reply["batches"] => {
  const source = reply.batches[Symbol.asyncIterator]();
  let read = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        if (read++ === 0) return source.next();
        reply.cancel(error);
        return Promise.reject(error);
      },
    }),
  };
};
