import { context, createContextKey, SpanStatusCode, trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import {
  collect,
  createReply,
  defineStage,
  insertAfter,
  insertBefore,
  mapBatches,
  tap,
  type EventBatch,
  type GatewayOptions,
  type Reply,
  type Stage,
} from "../../src/index.ts";
import { createFakeClock } from "../../src/testing/index.ts";
import { chatAnswer, chatStream } from "../../src/testing/wire.ts";
import { hang, setUp } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();

/** The work of somebody who knows nothing of the gateway, such as a database client with its own instrumentation. */
const work = (name: string): void => trace.getTracer("library").startSpan(name).end();

const beforeRoute = (stage: Stage): NonNullable<GatewayOptions["stages"]> => {
  return (defaults) => insertBefore(defaults, "route", stage);
};

/** Asks for a stream of five network reads, through a stage that stands before `route`. */
const askThrough = async (stage: Stage, options: GatewayOptions = {}) => {
  const { ask } = setUp(() => ({ body: chatStream("a") }), {
    stages: beforeRoute(stage),
    ...options,
  });
  return ask({ stream: true });
};

/** The line of the tree above this one. */
const above = (name: string): string => {
  const lines = traces.tree();
  const depth = (line = ""): number => line.search(/\S/);
  const at = lines.findIndex((line) => line.trim() === name);
  return (lines.slice(0, at).findLast((line) => depth(line) < depth(lines[at])) ?? "").trim();
};

describe("what a stage of one's own does", () => {
  test("belongs to it: on the way in, with each batch, and at the end", async () => {
    await askThrough(
      defineStage("mine", async (_context, next) => {
        work("lookup");
        const reply = await next();
        return mapBatches(
          reply,
          (batch) => {
            work("batch");
            return batch;
          },
          { flush: () => work("flush") },
        );
      }),
    );
    expect(above("lookup")).toBe("mine request");
    expect(traces.tree().slice(-9)).toEqual([
      "  mine stream",
      "    batch",
      "    batch",
      "    batch",
      "    batch",
      "    batch",
      "    flush",
      "  meter stream",
      "  translate-stream stream",
    ]);
  });

  test("belongs to it also where it reads with a generator, and waits in between", async () => {
    const slowly = async function* (reply: Reply, wait: () => Promise<void>): AsyncGenerator<EventBatch> {
      for await (const batch of reply.batches) {
        await wait();
        work("batch");
        yield batch;
      }
      work("flush");
    };
    await askThrough(
      defineStage("mine", async ({ clock, signal }, next) => {
        const reply = await next();
        return createReply({ batches: slowly(reply, () => clock.sleep(10)), signal });
      }),
    );
    expect(above("batch")).toBe("mine stream");
    expect(above("flush")).toBe("mine stream");
  });

  test("belongs to it where it reads the whole reply before it answers", async () => {
    await askThrough(
      defineStage("mine", async (_context, next) => {
        await collect(tap(await next(), () => work("event")));
        work("judgement");
        return next();
      }),
    );
    expect(above("event")).toBe("mine request");
    expect(above("judgement")).toBe("mine request");
  });

  test("does not become part of a stage that merely stands around it", async () => {
    const inner = defineStage("inner", (_context, next) => {
      work("inside");
      return next();
    });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: (defaults) =>
        insertBefore(
          insertBefore(defaults, "route", inner),
          "inner",
          defineStage("outer", (_, next) => next()),
        ),
    });
    await ask();
    expect(above("inner request")).toBe("llm_gateway chat");
    expect(above("inside")).toBe("inner request");
  });

  test("is part of a stage that encloses it", async () => {
    const outer = defineStage("outer", (_, next) => next(), { span: "enclose" });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { stages: beforeRoute(outer) });
    await ask();
    expect(above("route request")).toBe("outer enclose");
    expect(above("retry enclose")).toBe("outer enclose");
  });
});

describe("attributes that a stage sets", () => {
  test("stand on the span of what it was doing", async () => {
    await askThrough(
      defineStage("mine", async ({ span }, next) => {
        span.setAttribute("in", true);
        const reply = await next();
        span.setAttributes({ out: true });
        return mapBatches(reply, (batch) => {
          span.addEvent("batch");
          return batch;
        });
      }),
    );
    expect(traces.stage("mine", "request").attributes).toMatchObject({ in: true });
    expect(traces.stage("mine", "response").attributes).toMatchObject({ out: true });
    expect(traces.stage("mine", "stream").events).toHaveLength(5);
    for (const phase of ["request", "response", "stream"]) {
      expect(traces.stage("mine", phase).attributes).toMatchObject({ "llm_gateway.stage.outcome": "next" });
    }
  });

  test("while others work for it stand on the span of its way out", async () => {
    const before = Date.now();
    await askThrough(
      defineStage("mine", async ({ span }, next) => {
        const pending = next();
        span.setAttribute("meanwhile", true);
        return pending;
      }),
      { clock: { ...createFakeClock(), wall: Date.now } },
    );
    const { attributes, startTime } = traces.stage("mine", "response");
    expect(attributes).toMatchObject({ meanwhile: true });
    expect(startTime[0] * 1000).toBeGreaterThanOrEqual(before - 1000);
  });

  test("when it has no part in anything any more are left out", async () => {
    await askThrough(
      defineStage("mine", async ({ span }, next) => {
        const reply = await next();
        reply.finished.add(() => span.setAttribute("forgotten", true));
        return reply;
      }),
    );
    expect(traces.named("llm_gateway.stage mine")).toHaveLength(1);
    expect(JSON.stringify(traces.spans().map(({ attributes }) => attributes))).not.toContain("forgotten");
  });

  test("do not change its name, and it can not end it", async () => {
    await askThrough(
      defineStage("mine", ({ span }, next) => {
        expect(span.isRecording()).toBe(true);
        span.updateName("yours").end();
        span.setAttribute("still", "open");
        return next();
      }),
    );
    expect(traces.stage("mine", "request").attributes).toMatchObject({ still: "open" });
  });
});

describe("the phases of a stage", () => {
  test("one that only hands the reply on has none on the way out", async () => {
    await askThrough(defineStage("mine", (_, next) => next()));
    expect(traces.named("llm_gateway.stage mine")).toHaveLength(1);
  });

  test("one that works on it for a millisecond or more has one", async () => {
    for (const [ms, count] of [
      [0, 0],
      [1, 1],
    ] as const) {
      traces.clear();
      await askThrough(
        defineStage("mine", async ({ clock }, next) => {
          const reply = await next();
          await clock.sleep(ms);
          return reply;
        }),
      );
      const phases = traces
        .named("llm_gateway.stage mine")
        .map(({ attributes }) => attributes["llm_gateway.stage.phase"]);
      expect(phases).toEqual(["request", "response"].slice(0, 1 + count));
    }
  });

  test("one that answers by itself says so", async () => {
    const reply: EventBatch = [
      { type: "text-delta", choice: 0, text: "Hi" },
      { type: "reply-end", choice: 0, finishReason: "stop" },
    ];
    await askThrough(
      defineStage("mine", () =>
        Promise.resolve(createReply({ batches: [reply].values() as unknown as AsyncIterator<EventBatch> })),
      ),
    );
    expect(traces.tree().at(-1)).toBe("  mine request");
    expect(traces.stage("mine", "request").attributes).toMatchObject({ "llm_gateway.stage.outcome": "short_circuit" });
  });

  test("one that asks twice has one way in", async () => {
    await askThrough(
      defineStage("mine", async (_, next) => {
        (await next()).cancel();
        return next();
      }),
    );
    expect(traces.named("llm_gateway.stage mine")).toHaveLength(1);
    expect(traces.named("llm_gateway.stage route")).toHaveLength(2);
    expect(traces.named("chat gpt-5-mini")).toHaveLength(2);
  });

  test("one that gives a reply up and goes on reading it", async () => {
    await askThrough(
      defineStage("mine", async (_, next) => {
        const reply = await next();
        reply.cancel();
        await collect(reply);
        return next();
      }),
    );
    expect(traces.named("POST")).toHaveLength(2);
    // Of the first nobody has read anything.
    expect(traces.stage("meter", "stream").attributes).toMatchObject({ "llm_gateway.stream.chunks_out": 5 });
  });

  test("one that asks twice at once, and takes what comes first", async () => {
    await askThrough(defineStage("mine", (_, next) => Promise.any([next(), next()])));
    expect(traces.named("llm_gateway.stage mine")).toHaveLength(1);
    expect(traces.named("POST")).toHaveLength(2);
  });

  test("a stream is told with the batches that came and went, and the time the stage was busy", async () => {
    const clock = createFakeClock();
    let workedMs = 0;
    const { ask } = setUp(
      () => ({ body: chatStream("a", "b") }),
      {
        stages: beforeRoute(
          defineStage("picky", async (_, next) => {
            let batches = 0;
            return mapBatches(await next(), (batch) => {
              workedMs += 20;
              return ++batches % 2 === 0 ? undefined : batch;
            });
          }),
        ),
      },
      { ...clock, now: () => clock.now() + workedMs },
    );
    await ask({ stream: true });
    expect(traces.stage("picky", "stream").attributes).toMatchObject({
      "llm_gateway.stage.busy_time": 0.12,
      "llm_gateway.stream.chunks_in": 6,
      "llm_gateway.stream.chunks_out": 3,
    });
    // Who waits for it is not busy.
    expect(traces.stage("meter", "stream").attributes).toMatchObject({
      "llm_gateway.stage.busy_time": 0,
      "llm_gateway.stream.chunks_in": 6,
      "llm_gateway.stream.chunks_out": 6,
    });
  });

  test("one that refuses the answer it was brought has not failed", async () => {
    const { ask } = setUp(hang);
    await ask({ messages: [] });
    expect(traces.spans().every(({ status }) => status.code === SpanStatusCode.UNSET)).toBe(true);
  });
});

describe("the option `stages`", () => {
  const mine = defineStage("mine", async ({ span }, next) => {
    work("lookup");
    span.setAttribute("in", true);
    return mapBatches(await next(), (batch) => {
      work("batch");
      return batch;
    });
  });

  test("none: what stages do belongs to the gateway, and calls are told all the same", async () => {
    await askThrough(mine, { telemetry: { stages: "none" } });
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      "  lookup",
      "  chat gpt-5-mini",
      "    POST",
      "  batch",
      "  batch",
      "  batch",
      "  batch",
      "  batch",
    ]);
  });

  test("a list: those and no others", async () => {
    await askThrough(mine, { telemetry: { stages: ["mine", "retry"] } });
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      "  mine request",
      "    lookup",
      "  retry enclose",
      "    chat gpt-5-mini",
      "      POST",
      "  mine stream",
      "    batch",
      "    batch",
      "    batch",
      "    batch",
      "    batch",
    ]);
  });

  test("a stage without spans inside one that encloses it works in that one's", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: (defaults) => insertAfter(defaults, "retry", mine),
      telemetry: { stages: ["retry"] },
    });
    await ask();
    expect(above("lookup")).toBe("retry enclose");
  });
});

test("a stage sees what its host has put into the context, also while it reads", async () => {
  const key = createContextKey("user of the host");
  const seen: unknown[] = [];
  const curious = defineStage("curious", async (_, next) => {
    seen.push(context.active().getValue(key));
    return tap(await next(), () => seen.push(context.active().getValue(key)));
  });
  await context.with(context.active().setValue(key, "ada"), () => askThrough(curious));
  expect(seen.length).toBeGreaterThan(2);
  expect(new Set(seen)).toEqual(new Set(["ada"]));
});
