import { INVALID_SPAN_CONTEXT, trace, type Span } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { collect } from "../../chat/collect.ts";
import type { ChatEvent, EventBatch, FinishReason } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import { createReply, events, type Reply } from "../../chat/reply.ts";
import { createTarget } from "../../chat/target.ts";
import { compose } from "../../pipeline/compose.ts";
import type { Context, Logger } from "../../pipeline/context.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { testContext, testRequest, type TestContextOverrides } from "../../testing/test-context.ts";
import { cache } from "./cache.ts";
import { cacheControlKey, cacheResultKey } from "./context-keys.ts";
import { memoryCacheStore } from "./memory-store.ts";
import type { CacheOptions } from "./options.ts";
import type { CacheStore } from "./store.ts";

const target = createTarget("house", "large");
const start: ChatEvent = { type: "reply-start", id: "answer-1", model: "large-2", created: 1_700_000_000 };
const say = (text: string, choice = 0): ChatEvent => ({ type: "text-delta", choice, text });
const usage: ChatEvent = { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } };
const end = (finishReason: FinishReason = "stop", choice = 0): ChatEvent => ({
  type: "reply-end",
  choice,
  finishReason,
});
const answer: readonly EventBatch[] = [[start, say("Hel")], [say("lo")], [end(), usage]];

async function* read(batches: readonly EventBatch[], error?: Error): AsyncGenerator<EventBatch> {
  yield* batches;
  if (error !== undefined) throw error;
}

interface Harness {
  readonly clock: ReturnType<typeof createFakeClock>;
  /** Calls that reached the provider. */
  calls: number;
  /** Runs one request; what the provider would answer can be given. */
  readonly ask: (
    overrides?: TestContextOverrides,
    provide?: () => Reply,
  ) => Promise<{ reply: Reply; context: Context }>;
  /** Runs one request, reads the answer to its end and tells what the cache did. */
  readonly result: (overrides?: TestContextOverrides, provide?: () => Reply) => Promise<string | undefined>;
}

const gateway = (options: CacheOptions = { ttlMs: 60_000 }, clock = createFakeClock()): Harness => {
  const stage = cache(options);
  const harness: Harness = {
    clock,
    calls: 0,
    ask: async (overrides = {}, provide = () => createReply({ target, batches: read(answer) })) => {
      const context = testContext({ clock, ...overrides });
      const handler = compose([stage], () => {
        harness.calls++;
        return Promise.resolve(provide());
      });
      return { reply: await handler(context), context };
    },
    result: async (overrides, provide) => {
      const { reply, context } = await harness.ask(overrides, provide);
      await collect(reply).catch(() => undefined);
      return context.get(cacheResultKey);
    },
  };
  return harness;
};

/** A store elsewhere: asynchronous, and all it knows is text. */
const textStore = (): CacheStore & { readonly texts: Map<string, string> } => {
  const texts = new Map<string, string>();
  return {
    texts,
    get: async (key) => {
      const text = texts.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    set: async (key, value) => void texts.set(key, JSON.stringify(value)),
    delete: async (key) => void texts.delete(key),
  };
};

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("cache", () => {
  describe("when off", () => {
    it("does nothing at all: the inner reply and no result", async () => {
      const off = gateway({});
      const inner = createReply({ target, batches: read(answer) });
      const { reply, context } = await off.ask({}, () => inner);
      expect(reply).toBe(inner);
      expect(context.get(cacheResultKey)).toBeUndefined();
      expect(await off.result()).toBeUndefined();
      expect(off.calls).toBe(2);
    });
  });

  describe("when on", () => {
    it("answers the second time without asking a provider", async () => {
      const on = gateway();
      const first = await on.ask();
      const said = await collect(first.reply);
      expect(first.context.get(cacheResultKey)).toBe("miss");

      const second = await on.ask();
      expect(second.context.get(cacheResultKey)).toBe("hit");
      expect(await collect(second.reply)).toEqual(said);
      expect(said).toMatchObject({ text: "Hello", id: "answer-1", usage: { inputTokens: 3 }, target });
      expect(on.calls).toBe(1);
    });

    it("replays a cached stream in order, to streamed and whole requests alike", async () => {
      const on = gateway();
      await on.result({ request: testRequest({ stream: true }) });
      const { reply, context } = await on.ask({ request: testRequest({ stream: false }) });
      expect(context.get(cacheResultKey)).toBe("hit");
      const replayed: ChatEvent[] = [];
      for await (const event of events(reply)) replayed.push(event);
      expect(replayed).toEqual([start, say("Hello"), end(), usage]);
      expect(reply.finished.finish()).toEqual({ exit: "complete" });
    });

    it("hands the events of a miss on as they are, frames included, and stores no frame", async () => {
      const store = textStore();
      const on = gateway({ ttlMs: 1_000, store });
      const framed = answer.map((batch) =>
        withFrame(
          "openai-chat",
          "stream",
          { raw: "raw" },
          batch.map((event) => ({ ...event })),
        ),
      );
      const { reply } = await on.ask({}, () => createReply({ batches: read(framed) }));
      const seen: EventBatch[] = [];
      for await (const batch of reply.batches) seen.push(batch);
      expect(seen.every((batch, index) => batch === framed[index])).toBe(true);
      await settled();
      expect([...store.texts.values()][0]).toContain("Hello");
      expect([...store.texts.values()][0]).not.toContain("raw");
    });

    it("forgets after ttlMs by the gateway's clock", async () => {
      const on = gateway({ ttlMs: 1_000 });
      await on.result();
      await on.clock.advance(999);
      expect(await on.result()).toBe("hit");
      await on.clock.advance(1);
      expect(await on.result()).toBe("miss");
      expect(await on.result()).toBe("hit");
      expect(on.calls).toBe(2);
    });

    it("answers requests at any temperature, each from its own answer", async () => {
      const on = gateway();
      await on.result({ request: testRequest({ temperature: 1 }) });
      expect(await on.result({ request: testRequest({ temperature: 1 }) })).toBe("hit");
      expect(await on.result({ request: testRequest({ temperature: 0.9 }) })).toBe("miss");
    });

    it("cannot have its answers changed by who replays them", async () => {
      const on = gateway();
      const mutable = { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } } as const;
      await on.result({}, () => createReply({ batches: read([[start, say("Hello"), mutable, end()]]) }));
      (mutable.usage as { inputTokens: number }).inputTokens = 99;
      const { reply } = await on.ask();
      for await (const event of events(reply)) {
        expect(() => Object.assign(event, { text: "poison" })).toThrow(TypeError);
      }
      expect(await collect((await on.ask()).reply)).toMatchObject({ text: "Hello", usage: { inputTokens: 3 } });
    });

    it("does not touch a failure of the stages inside", async () => {
      const on = gateway();
      const failing = on.ask({}, () => {
        throw new Error("no target");
      });
      await expect(failing).rejects.toThrow("no target");
      expect(await on.result()).toBe("miss");
    });
  });

  describe("scope", () => {
    const as = (id: string, tenant?: string): TestContextOverrides => ({
      principal: { id, ...(tenant === undefined ? {} : { tenant }) },
    });

    it("is the tenant, and the principal where there is none", async () => {
      const on = gateway();
      await on.result(as("ann", "acme"));
      expect(await on.result(as("bob", "acme"))).toBe("hit");
      expect(await on.result(as("ann", "globex"))).toBe("miss");
      await on.result(as("carl"));
      expect(await on.result(as("carl"))).toBe("hit");
      expect(await on.result(as("dora"))).toBe("miss");
    });

    it("keeps a principal apart from a tenant of the same name, whatever signs the names hold", async () => {
      const on = gateway();
      const callers = [as("acme"), as("x", "acme"), as("x", "acme:y"), as("acme:y"), as("x", 'acme","y'), as("x", "")];
      for (const caller of callers) expect(await on.result(caller)).toBe("miss");
      for (const caller of callers) expect(await on.result(caller)).toBe("hit");
    });

    it("can be a function of the context, which may leave a request out", async () => {
      const on = gateway({ ttlMs: 1_000, scope: ({ principal }) => (principal.id === "guest" ? undefined : "staff") });
      await on.result(as("ann", "acme"));
      expect(await on.result(as("bob", "globex"))).toBe("hit");
      expect(await on.result(as("guest"))).toBe("bypass");
      expect(await on.result(as("guest"))).toBe("bypass");
    });

    it("is nobody's where a function returns what is no name", async () => {
      const on = gateway({ ttlMs: 1_000, scope: (() => null) as unknown as () => string });
      await on.result();
      expect(await on.result()).toBe("bypass");
    });

    it("is everybody only where that is said", async () => {
      const on = gateway({ ttlMs: 1_000, scope: "global" });
      await on.result(as("ann", "acme"));
      expect(await on.result(as("bob"))).toBe("hit");
    });
  });

  describe("what is stored", () => {
    const stores = async (
      batches: readonly EventBatch[],
      options: { n?: number; error?: Error } = {},
    ): Promise<boolean> => {
      const on = gateway();
      const request = testRequest(options.n === undefined ? {} : { choiceCount: options.n });
      await on.result({ request }, () => createReply({ batches: read(batches, options.error) }));
      return (await on.result({ request })) === "hit";
    };

    it("is an answer that ended with stop or tool_calls", async () => {
      expect(await stores([[start, say("a"), end("stop")]])).toBe(true);
      const call: ChatEvent = { type: "tool-call-start", choice: 0, index: 0, id: "1", name: "f", kind: "function" };
      expect(await stores([[start, call, end("tool_calls")]])).toBe(true);
    });

    it("is nothing cut short, filtered or broken", async () => {
      for (const reason of ["length", "content_filter", "error"] as const) {
        expect(await stores([[start, say("a"), end(reason)]])).toBe(false);
      }
      expect(await stores([[start, say("a")]])).toBe(false);
      expect(await stores([[start, say("a"), end()]], { error: new Error("reset") })).toBe(false);
      expect(await stores([])).toBe(false);
    });

    it("is an answer with every choice that was asked for, each properly ended", async () => {
      const two = [start, say("a"), say("b", 1)];
      expect(await stores([[...two, end("stop", 1), end("stop", 0)]], { n: 2 })).toBe(true);
      expect(await stores([[...two, end("stop", 1)]], { n: 2 })).toBe(false);
      expect(await stores([[...two, end("stop", 1), end("length", 0)]], { n: 2 })).toBe(false);
      expect(await stores([[start, say("a"), end()]], { n: 2 })).toBe(false);
      expect(await stores([[...two, end("stop", 0)]])).toBe(false);
    });

    it("is nothing whose reader left before the end", async () => {
      const on = gateway();
      const { reply } = await on.ask();
      for await (const batch of reply.batches) if (batch.some((event) => event.type === "text-delta")) break;
      expect(reply.finished.finish()?.exit).toBe("stopped");
      expect(await on.result()).toBe("miss");
    });

    it("is nothing that an inner stage finds broken at the very end", async () => {
      const on = gateway();
      const broken = (): Reply => {
        const inner = createReply({ batches: read(answer) });
        const iterator = inner.batches[Symbol.asyncIterator]();
        const next = async (): Promise<IteratorResult<EventBatch>> => {
          const result = await iterator.next();
          if (result.done === true) throw new Error("truncated");
          return result;
        };
        return { ...inner, batches: { [Symbol.asyncIterator]: () => ({ next }) } };
      };
      await on.result({}, broken);
      expect(await on.result()).toBe("miss");
    });

    it("is at most maxEntryBytes long, counted in UTF-8", async () => {
      const long =
        (length: number, letter = "x") =>
        () =>
          createReply({ batches: read([[start, say(letter.repeat(length)), end()]]) });
      const on = gateway({ ttlMs: 1_000, maxEntryBytes: 2_000 });
      await on.result({}, long(3_000));
      expect(await on.result({}, long(800, "語"))).toBe("miss");
      expect(await on.result({}, long(800))).toBe("miss");
      expect(await on.result({}, long(800))).toBe("hit");
    });
  });

  describe("what a client or a stage asks of it", () => {
    const control = (noStore: boolean, noCache: boolean): TestContextOverrides => ({
      values: new Map([[cacheControlKey, { noStore, noCache }]]),
    });

    it("leaves a no-store request out altogether", async () => {
      const on = gateway();
      expect(await on.result(control(true, false))).toBe("bypass");
      expect(await on.result()).toBe("miss");
      expect(await on.result(control(true, false))).toBe("bypass");
      expect(on.calls).toBe(3);
    });

    it("asks anew for a no-cache request and keeps the newer answer", async () => {
      const on = gateway();
      await on.result();
      const newer = () => createReply({ batches: read([[start, say("Newer"), end()]]) });
      expect(await on.result(control(false, true), newer)).toBe("bypass");
      expect(await collect((await on.ask()).reply)).toMatchObject({ text: "Newer" });
      expect(on.calls).toBe(2);
    });

    it("does not answer for tools that the provider runs and state that it keeps", async () => {
      const on = gateway();
      const outside = [
        ...["conversation", "container", "thread", "mcp_servers"].map((field) => ({ extras: { [field]: "id-1" } })),
        { tools: [{ type: "opaque" as const, dialect: "d", value: { type: "web_search" } }] },
      ].map(testRequest);
      for (const request of outside) {
        expect(await on.result({ request })).toBe("bypass");
        expect(await on.result({ request })).toBe("bypass");
      }
      const request = testRequest({ extras: { container: null } });
      await on.result({ request });
      expect(await on.result({ request })).toBe("hit");
    });
  });

  describe("with a store elsewhere", () => {
    it("works the same over text, with the secret that processes share", async () => {
      const store = textStore();
      const options = { ttlMs: 1_000, store, secret: "a secret of enough letters" };
      const [one, other, stranger] = [gateway(options), gateway(options), gateway({ ttlMs: 1_000, store })];
      await one.result();
      await settled();
      expect(await other.result()).toBe("hit");
      expect(await stranger.result()).toBe("miss");
      expect([...store.texts.keys()].every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true);
    });

    it("tells generations apart by namespace", async () => {
      const store = textStore();
      await gateway({ ttlMs: 1_000, store, namespace: "rules-1" }).result();
      await settled();
      expect(await gateway({ ttlMs: 1_000, store, namespace: "rules-1" }).result()).toBe("hit");
      expect(await gateway({ ttlMs: 1_000, store, namespace: "rules-2" }).result()).toBe("miss");
    });

    type Entry = { key: unknown; expiresAt: unknown; storedAt: unknown; target: unknown; events: unknown[] };
    const spoilt: readonly (readonly [string, (entry: Entry) => unknown])[] = [
      ["another key", (entry) => ({ ...entry, key: "0".repeat(64) })],
      ["no time", (entry) => ({ ...entry, expiresAt: "tomorrow" })],
      ["no time of storing", (entry) => ({ ...entry, storedAt: null })],
      ["a target that is none", (entry) => ({ ...entry, target: { id: 1 } })],
      ["events that are no list", (entry) => ({ ...entry, events: { length: 1 } })],
      ["no events", (entry) => ({ ...entry, events: [] })],
      ["an event cut off", (entry) => ({ ...entry, events: entry.events.slice(0, -2) })],
      ["an event of no kind", (entry) => ({ ...entry, events: [...entry.events, { type: "constructor" }] })],
      ["a null event", (entry) => ({ ...entry, events: [null, ...entry.events] })],
      ["a text that is a number", (entry) => ({ ...entry, events: [say(1 as unknown as string), ...entry.events] })],
      ["a choice that is no index", (entry) => ({ ...entry, events: [say("a", -1), ...entry.events] })],
      [
        "usage that is no count",
        (entry) => ({
          ...entry,
          events: [...entry.events, { type: "usage", usage: { inputTokens: -1, outputTokens: 1 } }],
        }),
      ],
      [
        "a wire frame",
        (entry) => ({ ...entry, events: [{ ...say("a"), frame: { raw: "<script>" } }, ...entry.events] }),
      ],
      ["a list", (entry) => [entry]],
      ["a string", () => "answer"],
      ["null", () => null],
    ];
    it.each(spoilt)("takes an entry with %s for a miss, and puts a good one in its place", async (_name, spoil) => {
      const store = textStore();
      const on = gateway({ ttlMs: 1_000, store });
      await on.result();
      await settled();
      for (const [key, text] of store.texts) store.texts.set(key, JSON.stringify(spoil(JSON.parse(text) as Entry)));
      expect(await on.result()).toBe("miss");
      await settled();
      expect(await on.result()).toBe("hit");
      expect(on.calls).toBe(2);
    });

    it("reads back every kind of event it stores", async () => {
      const on = gateway({ ttlMs: 1_000, store: textStore() });
      const signature = { format: "anthropic-claude-v1", value: "sig" };
      const every: ChatEvent[] = [
        {
          type: "reply-start",
          id: "1",
          model: "m",
          created: 1.5,
          serviceTier: "flex",
          systemFingerprint: "f",
          extras: {},
        },
        {
          type: "reasoning-delta",
          choice: 0,
          text: "hm",
          block: 0,
          summary: true,
          signature,
          encrypted: signature,
          id: "r",
        },
        { type: "text-delta", choice: 0, text: "a", block: 1, logprobs: [{ token: "a" }], signature },
        {
          type: "citation",
          choice: 0,
          block: 1,
          citation: { url: "u", title: "t", citedText: "c", start: 0, end: 1, raw: { dialect: "d", value: 1 } },
        },
        { type: "tool-call-start", choice: 0, index: 0, id: "1", name: "f", kind: "custom", signature },
        { type: "tool-call-delta", choice: 0, index: 0, arguments: "x" },
        { type: "tool-call-end", choice: 0, index: 0 },
        { type: "refusal-delta", choice: 0, text: "no" },
        { type: "opaque", dialect: "d", name: "n", value: { a: [1] } },
        {
          type: "usage",
          usage: {
            inputTokens: 1,
            outputTokens: 2,
            cacheReadTokens: 1,
            cacheWriteTokens: 0,
            cacheWriteLongTokens: 0,
            reasoningTokens: 1,
            audioInputTokens: 0,
            audioOutputTokens: 0,
            costNanoUsd: 5,
            estimated: true,
          },
        },
        {
          type: "reply-end",
          choice: 0,
          finishReason: "stop",
          nativeFinishReason: "end_turn",
          stopSequence: "x",
          extras: { a: 1 },
        },
      ];
      await on.result({}, () => createReply({ target, batches: read([every]) }));
      await settled();
      const { reply, context } = await on.ask();
      expect(context.get(cacheResultKey)).toBe("hit");
      const replayed: ChatEvent[] = [];
      for await (const event of events(reply)) replayed.push(event);
      expect(replayed).toEqual(every);
      expect(reply.target).toEqual(target);
    });

    it("has the store forget what expired, also where nothing takes its place", async () => {
      const store = textStore();
      const on = gateway({ ttlMs: 1_000, store });
      await on.result();
      await settled();
      expect(store.texts.size).toBe(1);
      await on.clock.advance(1_000);
      await on.result({}, () => createReply({ batches: read([[start, end("length")]]) }));
      await settled();
      expect(store.texts.size).toBe(0);
    });

    it("goes on without a store that throws or rejects", async () => {
      for (const fail of [
        () => Promise.reject(new Error("down")),
        () => {
          throw new Error("down");
        },
      ]) {
        const on = gateway({ ttlMs: 1_000, store: { get: fail, set: fail, delete: fail } });
        const { reply, context } = await on.ask();
        expect((await collect(reply)).text).toBe("Hello");
        expect(context.get(cacheResultKey)).toBe("bypass");
      }
    });

    it("goes on when a store only fails to keep or to forget", async () => {
      const fail = () => Promise.reject(new Error("read-only"));
      const on = gateway({ ttlMs: 1_000, store: { get: async () => "spoilt", set: fail, delete: fail } });
      expect(await on.result()).toBe("miss");
      await settled();
    });

    it("waits for a slow store no longer than storeTimeoutMs, 50 by default", async () => {
      const never = () => new Promise<never>(() => {});
      for (const [options, limit] of [
        [{}, 50],
        [{ storeTimeoutMs: 10 }, 10],
      ] as const) {
        const on = gateway({ ttlMs: 1_000, store: { get: never, set: never, delete: never }, ...options });
        let outcome: string | undefined;
        void on.result().then((result) => (outcome = result));
        await on.clock.advance(limit - 1);
        expect(outcome).toBeUndefined();
        expect(on.calls).toBe(0);
        await on.clock.advance(1);
        expect(outcome).toBe("bypass");
        expect(on.clock.pendingTimers()).toBe(0);
      }
    });

    it("leaves no timer behind a store that answers or fails in time", async () => {
      const on = gateway({ ttlMs: 1_000, store: textStore() });
      await on.result();
      await settled();
      expect(on.clock.pendingTimers()).toBe(0);
      const failing = gateway({
        ttlMs: 1_000,
        store: { ...textStore(), get: () => Promise.reject(new Error("down")) },
      });
      await failing.result();
      expect(failing.clock.pendingTimers()).toBe(0);
    });

    it("asks no provider for a client that left while the store was asked", async () => {
      const client = new AbortController();
      const store = { ...textStore(), get: async () => client.abort(new Error("client gone")) };
      const on = gateway({ ttlMs: 1_000, store });
      await expect(on.ask({ signal: client.signal })).rejects.toThrow("client gone");
      expect(on.calls).toBe(0);
    });

    it("leaves a store that keeps failing alone for five seconds, and logs only that it goes and comes", async () => {
      let asked = 0;
      let down = true;
      const store: CacheStore = {
        ...textStore(),
        get: () => {
          asked++;
          return down ? Promise.reject(new Error("down")) : Promise.resolve(undefined);
        },
      };
      const lines: string[] = [];
      const note = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
      const logger: Logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
      const on = gateway({ ttlMs: 60_000, store });
      for (let count = 0; count < 8; count++) expect(await on.result({ logger })).toBe("bypass");
      expect(asked).toBe(5);
      await on.clock.advance(5_000);
      expect(await on.result({ logger })).toBe("bypass");
      expect(await on.result({ logger })).toBe("bypass");
      expect(asked).toBe(6);
      down = false;
      await on.clock.advance(5_000);
      expect(await on.result({ logger })).toBe("miss");
      await settled();
      expect(lines).toEqual([
        "warn: The cache store keeps failing. Requests go on without it.",
        "info: The cache store answers again.",
      ]);
    });
  });

  it("tells its span what it did, and nothing of the request", async () => {
    const on = gateway();
    const noted = (): { span: Span; attributes: Record<string, unknown> } => {
      const attributes: Record<string, unknown> = {};
      const span: Span = Object.assign(Object.create(trace.wrapSpanContext(INVALID_SPAN_CONTEXT)) as Span, {
        isRecording: () => true,
        setAttribute: (name: string, value: unknown) => Object.assign(attributes, { [name]: value }),
        setAttributes: (values: object) => Object.assign(attributes, values),
      });
      return { span, attributes };
    };
    const miss = noted();
    await on.result({ span: miss.span });
    expect(miss.attributes).toEqual({
      "llm_gateway.cache.result": "miss",
      "llm_gateway.cache.kind": "exact",
      "llm_gateway.cache.key": expect.stringMatching(/^[0-9a-f]{12}$/),
      "llm_gateway.cache.stored": true,
    });
    await on.clock.advance(2_500);
    const hit = noted();
    await on.result({ span: hit.span });
    expect(hit.attributes).toEqual({
      "llm_gateway.cache.result": "hit",
      "llm_gateway.cache.kind": "exact",
      "llm_gateway.cache.key": miss.attributes["llm_gateway.cache.key"],
      "llm_gateway.cache.age": 2.5,
      "llm_gateway.cache.saved_tokens": 5,
    });
  });

  describe("options", () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ ttlMs: 0 }, "`cache.ttlMs` must be a positive integer, got 0."],
      [{ ttlMs: "60" }, "`cache.ttlMs` must be a positive integer"],
      [{ ttlMs: 1, maxBytes: -1 }, "`cache.maxBytes` must be a positive integer"],
      [{ maxEntryBytes: 1.5 }, "`cache.maxEntryBytes` must be a positive integer"],
      [{ storeTimeoutMs: Infinity }, "`cache.storeTimeoutMs` must be a positive integer"],
      [{ scope: "acme" }, "`cache.scope` must be a function"],
      [{ secret: "short" }, "`cache.secret` must be a string or bytes, at least 16 bytes long"],
      [{ secret: 1 }, "`cache.secret` must be a string or bytes"],
      [{ namespace: 1 }, "`cache.namespace` must be a string"],
      [{ store: {} }, "`cache.store` must have the functions get, set and delete"],
      [{ store: memoryCacheStore(), maxBytes: 1 }, "`cache.maxBytes` is the size of the default store"],
      [{ ttl: 1 }, "cache() has no option `ttl`"],
    ];
    it.each(wrong)("refuses %o when the stage is made", (options, message) => {
      expect(() => cache(options as CacheOptions)).toThrow(TypeError);
      expect(() => cache(options as CacheOptions)).toThrow(message);
    });

    it("sizes its own store", async () => {
      const on = gateway({ ttlMs: 1_000, maxBytes: 1_000 });
      const about = (seed: number): TestContextOverrides => ({ request: testRequest({ seed }) });
      await on.result(about(1));
      expect(await on.result(about(1))).toBe("hit");
      await on.result(about(2));
      expect(await on.result(about(1))).toBe("miss");
    });
  });
});
