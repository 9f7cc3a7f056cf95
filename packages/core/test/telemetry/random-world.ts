import { trace } from "@opentelemetry/api";
import {
  collect,
  createReply,
  mapBatches,
  UpstreamError,
  defineStage,
  type Clock,
  type Context,
  type EventBatch,
  type Next,
  type Reply,
  type Stage,
  type Transport,
} from "../../src/index.ts";
import { createFakeTransport, type FakeAnswer } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, chatStream, messagesAnswer, messagesStream } from "../../src/testing/wire.ts";
import type { TransportRequest } from "../../src/transport/transport.ts";
import { createPacedTransport, hang } from "./set-up.ts";

/** Chance that can be had again with the same seed. */
export interface Chance {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** A whole number below `end`. */
  readonly below: (end: number) => number;
  readonly pick: <T>(choices: readonly T[]) => T;
}

export const createChance = (seed: number): Chance => {
  let state = seed >>> 0;
  // A linear congruential generator; its high bits are the good ones.
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    pick: <T>(choices: readonly T[]): T => {
      const [first] = choices;
      if (first === undefined) throw new RangeError("There is nothing to pick from.");
      return choices[below(choices.length)] ?? first;
    },
  };
};

/** Providers that answer well as often as not, and otherwise fail in every way a provider can. */
export const createRandomTransport = ({ next, below, pick }: Chance, clock: Clock): Transport => {
  const proper = ({ url, body }: TransportRequest): FakeAnswer => {
    const isStream = String(body).includes('"stream":true');
    const text = pick(["Hello.", "It is falcon.", "Write to ada@example.com."]);
    if (url.includes("anthropic")) return { body: isStream ? messagesStream(text, text) : messagesAnswer(text) };
    return { body: isStream ? chatStream(text, text) : chatAnswer(text) };
  };
  const refusal = (): FakeAnswer => ({
    status: pick([400, 401, 408, 429, 500, 503]),
    headers: { "content-type": "application/json", ...(next() < 0.5 ? { "retry-after": String(below(9)) } : {}) },
    body: { error: { message: "No." } },
  });
  const broken = (request: TransportRequest): FakeAnswer => {
    const { body } = proper(request);
    if (!Array.isArray(body)) return { body: "<html>" };
    const begun = body.slice(0, below(body.length));
    return pick([
      { body: begun },
      { body: begun, breaksWith: new UpstreamError("upstream_reset", "Reset.") },
      { body: begun, breaksWith: new Error("a transport's own") },
      { body: [...begun, 'data: {"error":{"message":"No.","type":"server_error"}}\n\n'] },
    ]);
  };
  const unreachable = (): never => {
    throw pick([new UpstreamError("upstream_unreachable", "Nobody there."), new TypeError("a transport's own")]);
  };
  const fake = createFakeTransport((request) => {
    const luck = next();
    if (luck < 0.6) return proper(request);
    return pick([refusal, broken, unreachable, hang])(request);
  });
  const slow = (): Transport =>
    createPacedTransport(clock, below(3_000), [
      [below(2_000), chatChunk({ role: "assistant", content: "" })],
      [below(2_000), chatChunk({ content: "Hel" })],
      [pick([below(2_000), below(90_000)]), chatChunk({ content: "lo" })],
      [below(2_000), chatChunk({}, "stop") + "data: [DONE]\n\n"],
    ]);
  return {
    send: (request) => (next() < 0.2 && request.url.includes("openai") ? slow() : fake).send(request),
    close: () => Promise.resolve(),
  };
};

const work = (): void => trace.getTracer("library").startSpan("work").end();

/** A stage that does, in one request out of four, something that stages may do, wise or not. */
export const createRandomStage = (name: string, { next, below, pick }: Chance): Stage => {
  type Run = (context: Context, ask: Next) => Promise<Reply>;
  const slowly = async function* ({ batches }: Reply, clock: Clock): AsyncGenerator<EventBatch> {
    for await (const batch of batches) {
      work();
      await clock.sleep(below(500));
      yield batch;
    }
  };
  const whims: readonly Run[] = [
    () => {
      throw new RangeError("at once");
    },
    () => Promise.reject(new RangeError("on the way in")),
    async (_, ask) => {
      await ask();
      throw new RangeError("on the way out");
    },
    async (_, ask) => {
      let left = below(4);
      return mapBatches(await ask(), (batch) => {
        if (left-- === 0) throw new RangeError("in the stream");
        return batch;
      });
    },
    async ({ clock }, ask) => {
      // Deaf to the signal, and sometimes longer than the deadline.
      await clock.sleep(below(60_000));
      return ask();
    },
    async ({ clock }, ask) => {
      const reply = await ask();
      await clock.sleep(below(60_000));
      return reply;
    },
    async (_, ask) => {
      await ask();
      return ask();
    },
    async (_, ask) => {
      await collect(await ask());
      return ask();
    },
    (_, ask) => Promise.any([ask(), ask()]),
    async ({ clock, signal }, ask) => createReply({ batches: slowly(await ask(), clock), signal }),
    async ({ span }, ask) => {
      span.setAttribute("before", true);
      const pending = ask();
      span.addEvent("meanwhile");
      const reply = await pending;
      span.setAttributes({ after: true });
      reply.finished.add(() => span.setAttribute("finished", true));
      return reply;
    },
    hang,
  ];
  return defineStage(name, (context, ask) => {
    work();
    return next() < 0.75 ? ask() : pick(whims)(context, ask);
  });
};
