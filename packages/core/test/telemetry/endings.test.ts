import { SpanStatusCode } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import {
  collect,
  createReply,
  defineStage,
  denyPatterns,
  GatewayError,
  guardrail,
  insertAfter,
  insertBefore,
  mapBatches,
  UpstreamError,
  type EventBatch,
  type GatewayOptions,
  type Reply,
  type Stage,
  type Transport,
} from "../../src/index.ts";
import { createFakeClock } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, chatStream } from "../../src/testing/wire.ts";
import { chatRequest, createPacedTransport, hang, read, setUp, withStage } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();

/** How the gateway span, the inference and the call say that it ended: their `error.type`, and whether they failed. */
const endings = (): object => {
  const spans = { gateway: traces.gateway(), inference: traces.one("chat gpt-5-mini"), call: traces.one("POST") };
  return Object.fromEntries(
    Object.entries(spans).map(([name, { status, attributes }]) => [
      name,
      [status.code === SpanStatusCode.ERROR, attributes["error.type"]],
    ]),
  );
};
const outcome = (): unknown => traces.gateway().attributes["llm_gateway.outcome"];
const eventsOf = (name: string): string[] => traces.one(name).events.map((event) => event.name);

const everywhere = (type: string): object => ({ gateway: [true, type], inference: [true, type], call: [true, type] });

describe("a client that leaves", () => {
  const left = {
    gateway: [false, undefined],
    inference: [true, "client_disconnected"],
    call: [true, "client_disconnected"],
  };

  /** The provider was told to stop, and did. */
  const givenUp = { gateway: [false, undefined], inference: [false, undefined], call: [false, undefined] };

  test("before the answer begins", async () => {
    const { gateway, clock } = setUp(hang);
    const leave = new AbortController();
    const response = gateway.fetch(chatRequest({}, { signal: leave.signal })).then(read);
    await clock.advance(100);
    leave.abort();
    await clock.advance(0);
    expect((await response).status).toBe(499);
    expect(endings()).toEqual(left);
    expect(outcome()).toBe("aborted");
    expect(traces.gateway().events).toMatchObject([
      { name: "llm_gateway.client_disconnected", attributes: { chunks: 0 } },
    ]);
  });

  test("in the middle of a stream: what it cost is estimated", async () => {
    const { gateway, clock } = setUp(() => ({ body: chatStream("Hello ", "there, ", "you") }));
    const leave = new AbortController();
    const response = await gateway.fetch(chatRequest({ stream: true }, { signal: leave.signal }));
    await response.body?.getReader().read();
    leave.abort();
    await clock.advance(0);
    expect(endings()).toEqual(left);
    expect(outcome()).toBe("aborted");
    expect(eventsOf("llm_gateway chat")).toEqual(["llm_gateway.first_chunk", "llm_gateway.client_disconnected"]);
    expect(traces.gateway().events[1]?.attributes).toEqual({ chunks: expect.any(Number) });
    expect(traces.one("chat gpt-5-mini").attributes).toMatchObject({
      "llm_gateway.usage.estimated": true,
      "gen_ai.usage.input_tokens": expect.any(Number),
      "gen_ai.usage.output_tokens": expect.any(Number),
      "gen_ai.response.finish_reasons": ["error"],
    });
    expect(traces.stage("meter", "stream").attributes).toMatchObject({ "llm_gateway.usage.estimated": true });
    for (const name of ["meter", "translate-stream"]) {
      expect(traces.stage(name, "stream").status.code).toBe(SpanStatusCode.UNSET);
    }
  });

  test("while it is waited before another try: the target had failed", async () => {
    const { gateway, clock, transport } = setUp(() => ({ status: 503, body: {} }));
    const leave = new AbortController();
    const response = gateway.fetch(chatRequest({}, { signal: leave.signal })).then(read);
    await clock.advance(1);
    expect(transport.requests).toHaveLength(1);
    leave.abort();
    await clock.advance(0);
    expect((await response).status).toBe(499);
    expect(endings()).toEqual({ gateway: [false, undefined], inference: [true, "503"], call: [true, "503"] });
    expect(outcome()).toBe("aborted");
  });

  test("by no longer reading", async () => {
    const { gateway, clock } = setUp(() => ({ body: chatStream("Hello ", "there, ", "you") }));
    const response = await gateway.fetch(chatRequest({ stream: true }));
    await clock.advance(60_000);
    expect(endings()).toEqual(givenUp);
    expect(outcome()).toBe("aborted");
    expect(eventsOf("llm_gateway chat")).toContain("llm_gateway.client_disconnected");
    await read(response);
  });

  test("in this process, by giving up the reply", async () => {
    const { gateway } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const reply = await gateway.chat({ model: "fast", stream: true, messages: [{ role: "user", content: "Hi" }] });
    await reply.batches[Symbol.asyncIterator]().next();
    reply.cancel();
    expect(endings()).toEqual(givenUp);
    expect(outcome()).toBe("aborted");
    expect(traces.one("chat gpt-5-mini").attributes).toMatchObject({ "llm_gateway.usage.estimated": true });
  });
});

describe("a provider that fails", () => {
  test("by breaking its stream off", async () => {
    const { ask } = setUp(() => ({
      body: chatStream("Hel", "lo").slice(0, 3),
      breaksWith: new UpstreamError("upstream_reset", "Reset."),
    }));
    const { status, text } = await ask({ stream: true });
    expect([status, text]).toEqual([200, expect.stringContaining("broke off")]);
    expect(endings()).toEqual(everywhere("upstream_stream_error"));
    expect(outcome()).toBe("error");
    expect(traces.one("chat gpt-5-mini").attributes["gen_ai.response.finish_reasons"]).toEqual(["error"]);
    // It failed inside them, but they have not.
    for (const name of ["meter", "translate-stream"]) {
      expect(traces.stage(name, "stream").status.code).toBe(SpanStatusCode.UNSET);
    }
  });

  test("by saying so in its stream", async () => {
    const error = `data: ${JSON.stringify({ error: { message: "Sorry.", type: "server_error" } })}\n\n`;
    const { ask } = setUp(() => ({ body: [chatChunk({ content: "Hel" }), error] }));
    await ask({ stream: true });
    expect(endings()).toEqual(everywhere("upstream_stream_error"));
  });

  // Each would be the client's own fault, had it been said in time.
  test.each(["rate_limit_exceeded", "context_length_exceeded", "content_filter", "insufficient_quota"])(
    "by saying in its stream what is no failure before it: %s",
    async (code) => {
      const error = `data: ${JSON.stringify({ error: { message: "Sorry.", code } })}\n\n`;
      const { ask } = setUp(() => ({ body: [chatChunk({ content: "Hel" }), error] }));
      expect((await ask({ stream: true })).status).toBe(200);
      expect(endings()).toEqual(everywhere("upstream_stream_error"));
      expect(outcome()).toBe("error");
    },
  );

  test("by breaking off what somebody in this process reads", async () => {
    const error = `data: ${JSON.stringify({ error: { message: "Sorry.", code: "rate_limit_exceeded" } })}\n\n`;
    const { gateway } = setUp(() => ({ body: [chatChunk({ content: "Hel" }), error] }));
    const reply = await gateway.chat({ model: "fast", stream: true, messages: [{ role: "user", content: "Hi" }] });
    await expect(collect(reply)).rejects.toThrow("rate");
    expect(endings()).toEqual(everywhere("upstream_stream_error"));
    expect(outcome()).toBe("error");
  });

  test("by refusing what somebody in this process asks: that is not the gateway's failure", async () => {
    const { gateway } = setUp(() => ({ status: 400, body: {} }));
    await expect(gateway.chat({ model: "fast", messages: [{ role: "user", content: "Hi" }] })).rejects.toThrow(
      "refused",
    );
    expect(outcome()).toBe("rejected");
  });

  test("by answering nonsense", async () => {
    const { ask } = setUp(() => ({ body: "<html>" }));
    await ask({ model: "openai/gpt-5-mini" });
    expect(endings()).toEqual(everywhere("invalid_upstream_response"));
  });

  test("by not being there", async () => {
    const { ask } = setUp(() => Promise.reject(new UpstreamError("upstream_tls_error", "No certificate.")));
    await ask({ model: "openai/gpt-5-mini" });
    expect(endings()).toEqual(everywhere("connection_error"));
  });

  test("by its silence, before it answers", async () => {
    const { ask } = setUp(hang, { timeouts: { totalMs: 2_000 } });
    expect((await ask({ model: "openai/gpt-5-mini" })).status).toBe(504);
    expect(endings()).toEqual(everywhere("timeout"));
  });

  test("by its silence, in the middle of its stream", async () => {
    const clock = createFakeClock();
    const transport = createPacedTransport(clock, 0, [
      [10, chatChunk({ content: "Hel" })],
      [Infinity, ""],
    ]);
    const { ask } = setUp(hang, { transport, timeouts: { idleMs: 2_000 } }, clock);
    await ask({ stream: true });
    expect(endings()).toEqual(everywhere("timeout"));
    expect(outcome()).toBe("error");
  });

  test("by refusing the request: that is not the gateway's failure", async () => {
    const { ask } = setUp(() => ({ status: 400, body: {} }));
    expect((await ask()).status).toBe(400);
    expect(endings()).toEqual({ gateway: [false, undefined], inference: [true, "400"], call: [true, "400"] });
    expect(outcome()).toBe("rejected");
  });

  test("for good: what was thrown is an event of whoever finally failed", async () => {
    const { ask } = setUp(() => ({ status: 503, body: {} }));
    await ask({ model: "openai/gpt-5-mini" });
    const witnesses = traces.spans().filter(({ events }) => events.some(({ name }) => name === "exception"));
    expect(witnesses.map(({ name }) => name)).toEqual(["llm_gateway.stage retry", "chat gpt-5-mini"]);
  });
});

describe("an answer that is blocked", () => {
  const blocking: GatewayOptions = {
    stages: withStage(guardrail({ rules: [denyPatterns({ patterns: ["falcon"] })] })),
  };

  test.each([true, false])("on its way out (streamed: %s): no failure, and not well", async (stream) => {
    const { ask } = setUp(
      () => ({ body: stream ? chatStream("It is ", "falcon", ".") : chatAnswer("It is falcon.") }),
      blocking,
    );
    expect((await ask({ stream })).status).toBe(200);
    expect(outcome()).toBe("blocked");
    expect(endings()).toMatchObject({ gateway: [false, undefined] });
  });

  test("by a stage of one's own that breaks its stream", async () => {
    const own = defineStage("own", async (_, next) =>
      mapBatches(await next(), () => {
        throw new GatewayError("content_filter", "No.");
      }),
    );
    const { ask } = setUp(() => ({ body: chatStream("a", "b") }), {
      stages: (defaults) => insertBefore(defaults, "route", own),
    });
    await ask({ stream: true });
    expect(outcome()).toBe("blocked");
  });

  test("by the provider's own filter is the answer it gave", async () => {
    const { ask } = setUp(
      () => ({ body: [chatChunk({ content: "Hel" }), chatChunk({}, "content_filter"), "data: [DONE]\n\n"] }),
      blocking,
    );
    await ask({ stream: true });
    expect(outcome()).toBe("ok");
  });
});

test.each<readonly [string, (defaults: Stage[]) => Stage[]]>([
  ["with", (defaults) => defaults],
  ["without", (defaults) => defaults.filter(({ name }) => name !== "meter")],
])("%s a meter, an inference ends with its answer, whatever stages still do", async (_, from) => {
  const clock = createFakeClock();
  const slowly = async function* (reply: Reply): AsyncGenerator<EventBatch> {
    const batches: EventBatch[] = [];
    for await (const batch of reply.batches) batches.push(batch);
    await clock.sleep(5_000);
    yield* batches;
  };
  const slow = defineStage("slow", async ({ signal }, next) => createReply({ batches: slowly(await next()), signal }));
  const transport = createPacedTransport(clock, 1_000, [[2_000, chatStream("Hi").join("")]]);
  const { ask } = setUp(hang, { transport, stages: (defaults) => [slow, ...from(defaults)] }, clock);
  await ask({ stream: true });
  const lasted = (name: string): number => {
    const [seconds, nanos] = traces.one(name).duration;
    return seconds + nanos / 1e9;
  };
  expect([lasted("llm_gateway chat"), lasted("chat gpt-5-mini")]).toEqual([8, 3]);
});

describe("a request that takes too long", () => {
  test("ends with its deadline", async () => {
    const { ask } = setUp(hang, { timeouts: { deadlineMs: 5_000 } });
    expect((await ask()).status).toBe(504);
    expect(endings()).toEqual(everywhere("timeout"));
    expect(outcome()).toBe("error");
  });

  test("ends with its deadline also in the middle of a stream", async () => {
    const clock = createFakeClock();
    const transport = createPacedTransport(clock, 0, [
      [10, chatChunk({ content: "Hel" })],
      [Infinity, ""],
    ]);
    const { ask } = setUp(hang, { transport, timeouts: { deadlineMs: 5_000 } }, clock);
    await ask({ stream: true });
    expect(endings()).toEqual(everywhere("timeout"));
  });

  test("ends although a stage hears nothing of it, and with it that stage's span", async () => {
    const deaf = defineStage("deaf", hang);
    const { ask } = setUp(hang, {
      stages: (defaults) => insertBefore(defaults, "route", deaf),
      timeouts: { deadlineMs: 5_000 },
    });
    await ask();
    expect(traces.stage("deaf", "request").attributes).toMatchObject({ "llm_gateway.stage.outcome": "error" });
  });

  test("begins nothing more once it is over", async () => {
    const late = defineStage("late", async ({ clock }, next) => {
      await clock.sleep(10_000);
      return next();
    });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: (defaults) => insertBefore(defaults, "route", late),
      timeouts: { deadlineMs: 5_000 },
    });
    await ask();
    expect(traces.tree()).toEqual([
      "llm_gateway chat ✗ timeout",
      "  normalize request",
      "  guardrail request",
      "  cache request",
      "  late request",
    ]);
  });

  test("is over even if something still comes", async () => {
    const clock = createFakeClock();
    const slowly = async function* (reply: Reply): AsyncGenerator<EventBatch> {
      for await (const batch of reply.batches) {
        await clock.sleep(10_000);
        yield batch;
      }
    };
    const late = defineStage("late", async ({ signal }, next) =>
      createReply({ batches: slowly(await next()), signal }),
    );
    const stages: GatewayOptions["stages"] = (defaults) => insertBefore(defaults, "route", late);
    const { gateway } = setUp(() => ({ body: chatAnswer("Hi") }), { stages, timeouts: { deadlineMs: 5_000 } }, clock);
    const reply = await gateway.chat({ model: "fast", messages: [{ role: "user", content: "Hi" }] });
    const first = reply.batches[Symbol.asyncIterator]().next();
    await clock.advance(20_000);
    expect(await first).toMatchObject({ done: false });
    expect(outcome()).toBe("error");
    expect(eventsOf("llm_gateway chat")).toEqual([]);
  });

  test("ends although the transport hears nothing of it", async () => {
    const transport: Transport = { send: hang, close: () => Promise.resolve() };
    const { ask } = setUp(hang, { transport, timeouts: { deadlineMs: 5_000 } });
    await ask();
    expect(endings()).toEqual(everywhere("timeout"));
  });

  test("is over even if its provider refuses it after that", async () => {
    const clock = createFakeClock();
    const over = { done: true, value: undefined } as const;
    const transport: Transport = {
      send: async () => {
        await clock.sleep(10_000);
        return {
          status: 429,
          headers: { "retry-after": "1", "x-request-id": "up-1" },
          body: { next: () => Promise.resolve(over), return: () => Promise.resolve(over) },
        };
      },
      close: () => Promise.resolve(),
    };
    const { ask } = setUp(hang, { transport, timeouts: { deadlineMs: 5_000 } }, clock);
    await ask();
    expect(endings()).toEqual(everywhere("timeout"));
    expect(traces.one("POST").attributes).not.toHaveProperty("http.response.status_code");
  });
});

describe("a gateway that shuts down", () => {
  test.each([true, false])("ends what is under way (streamed: %s)", async (stream) => {
    const clock = createFakeClock();
    const transport = createPacedTransport(clock, stream ? 0 : Infinity, [
      [10, chatChunk({ content: "Hel" })],
      [Infinity, ""],
    ]);
    const { gateway } = setUp(hang, { transport }, clock);
    const response = gateway.fetch(chatRequest({ stream })).then(read);
    await clock.advance(20);
    const closed = gateway.close({ drainMs: 1_000 });
    await clock.advance(1_000);
    await closed;
    traces.checkAllEnded();
    expect((await response).status).toBe(stream ? 200 : 503);
    expect(endings()).toEqual(everywhere("shutting_down"));
    expect(outcome()).toBe("error");
  });
});

describe("a stage that throws", () => {
  const inserted =
    (stage: Stage) =>
    (defaults: Stage[]): Stage[] =>
      insertBefore(defaults, "route", stage);
  const fault = new RangeError("out of range");

  test("on the way in", async () => {
    const thrower = defineStage("thrower", () => Promise.reject(fault));
    const { ask } = setUp(hang, { stages: inserted(thrower) });
    expect((await ask()).status).toBe(500);
    expect(traces.tree()).toEqual([
      "llm_gateway chat ✗ stage_error",
      "  normalize request",
      "  guardrail request",
      "  cache request",
      "  thrower request ✗ RangeError",
    ]);
    expect(traces.stage("thrower", "request").events).toMatchObject([
      { name: "exception", attributes: { "exception.type": "RangeError" } },
    ]);
  });

  test("on the way out", async () => {
    const thrower = defineStage("thrower", async (_context, next) => {
      await next();
      throw fault;
    });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { stages: inserted(thrower) });
    await ask();
    expect(traces.stage("thrower", "request").status.code).toBe(SpanStatusCode.UNSET);
    expect(traces.stage("thrower", "response")).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "RangeError", "llm_gateway.stage.outcome": "error" },
    });
    expect(traces.gateway().attributes["error.type"]).toBe("stage_error");
  });

  test("in the stream: it, and not those inside it", async () => {
    const thrower = defineStage("thrower", async (_context, next) => {
      let batches = 0;
      return mapBatches(await next(), (batch) => {
        if (++batches === 2) throw fault;
        return batch;
      });
    });
    const { ask } = setUp(() => ({ body: chatStream("a", "b", "c") }), { stages: inserted(thrower) });
    await ask({ stream: true });
    expect(traces.tree().slice(-5)).toEqual([
      "    chat gpt-5-mini",
      "      POST",
      "  thrower stream ✗ RangeError",
      "  meter stream",
      "  translate-stream stream",
    ]);
    expect(traces.stage("thrower", "stream").attributes["llm_gateway.stage.outcome"]).toBe("error");
    expect(traces.gateway()).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "stage_error", "llm_gateway.outcome": "error" },
    });
  });

  test("in the stream, inside others: it, and not those around it", async () => {
    const thrower = defineStage("thrower", async (_context, next) =>
      mapBatches(await next(), () => {
        throw fault;
      }),
    );
    const { ask } = setUp(() => ({ body: chatStream("a", "b", "c") }), {
      stages: (defaults) => insertAfter(defaults, "meter", thrower),
    });
    await ask({ stream: true });
    expect(traces.tree().slice(-3)).toEqual([
      "  meter stream",
      "  thrower stream ✗ RangeError",
      "  translate-stream stream",
    ]);
  });
});
