import type { IncomingMessage } from "node:http";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  allowAnyone,
  cache,
  collect,
  createContextKey,
  createGateway,
  defineStage,
  events,
  GatewayError,
  guardrail,
  memoryLedger,
  memoryResponseStore,
  mapEvents,
  openai,
  openaiCompatible,
  pii,
  provider,
  replyOf,
  retry,
  tap,
  type AuthenticateRequest,
  type CacheStore,
  type ResponseStore,
  type ChatEvent,
  type ChatInput,
  type ChatReply,
  type CollectedReply,
  type Context,
  type ContextKey,
  type Gateway,
  type GatewayErrorCode,
  type GatewayOptions,
  type Ledger,
  type Part,
  type Reply,
  type Stage,
} from "../src/index.ts";
import { testContext } from "../src/testing/index.ts";

const house = openai({ apiKey: "sk-1" });
const settled = { providers: [house], authenticate: allowAnyone() };

describe("authenticate", () => {
  test("sees the host's own request where the host says what that is", () => {
    createGateway<IncomingMessage>({
      ...settled,
      authenticate: (request) => {
        expectTypeOf(request).toEqualTypeOf<AuthenticateRequest<IncomingMessage>>();
        expectTypeOf(request.raw.socket.remoteAddress).toEqualTypeOf<string | undefined>();
        expectTypeOf(request.credential).toEqualTypeOf<string | undefined>();
        // @ts-expect-error Node's request has no such member.
        expectTypeOf(request.raw.user).toBeAny();
        return null;
      },
    });
    createGateway({
      ...settled,
      // What is written at the parameter counts as well.
      authenticate: ({ raw }: AuthenticateRequest<{ readonly user: string }>) => ({ id: raw.user }),
    });
  });

  test("must look at what the request is where nobody says", () => {
    createGateway({
      ...settled,
      authenticate: ({ raw }) => {
        expectTypeOf(raw).toBeUnknown();
        return Promise.resolve({ id: "ada", tenant: "acme" });
      },
    });
  });

  test("must give a principal", () => {
    // @ts-expect-error A principal has an `id`.
    createGateway({ ...settled, authenticate: () => ({ name: "ada" }) });
    // @ts-expect-error Whether somebody may call is told by who they are.
    createGateway({ ...settled, authenticate: () => true });
    expect(() =>
      // @ts-expect-error It is a function.
      createGateway({ ...settled, authenticate: { id: "ada" } }),
    ).toThrow("`authenticate` must be a function");
  });
});

describe("options", () => {
  test.each<[string, () => unknown]>([
    [
      "`provider`",
      // @ts-expect-error The option is `providers`.
      () => createGateway({ ...settled, provider: [house] }),
    ],
    [
      "`maxBodyByte`",
      // @ts-expect-error It is `maxBodyBytes`.
      () => createGateway({ ...settled, limits: { maxBodyByte: 1 } }),
    ],
    [
      "`deadline`",
      // @ts-expect-error Units stand in the name.
      () => createGateway({ ...settled, timeouts: { deadline: 1 } }),
    ],
    [
      "`unsupported`",
      // @ts-expect-error It is "drop" or "refuse".
      () => createGateway({ ...settled, unsupported: "ignore" }),
    ],
    [
      "`stages[0]`",
      // @ts-expect-error The factory has to be called.
      () => createGateway({ ...settled, stages: [retry] }),
    ],
    [
      "`attempt`",
      // @ts-expect-error It is `attempts`.
      () => retry({ attempt: 2 }),
    ],
    [
      "`retry.attempts`",
      // @ts-expect-error It is a number.
      () => retry({ attempts: "2" }),
    ],
    [
      "`ttl`",
      // @ts-expect-error Units stand in the name.
      () => cache({ ttl: 60 }),
    ],
    [
      "`guardrail.rules[0]`",
      // @ts-expect-error The factory has to be called.
      () => guardrail({ rules: [pii] }),
    ],
  ])("what is refused at run time is refused by the compiler: %s", (message, make) => {
    expect(make).toThrow(message);
  });

  test("options of one host are no options of another", () => {
    interface Host {
      readonly session: string;
    }
    const options: GatewayOptions<Host> = { authenticate: ({ raw }) => ({ id: raw.session }) };
    expectTypeOf<GatewayOptions>().not.toEqualTypeOf<GatewayOptions<Host>>();
    // @ts-expect-error This host keeps no session.
    const other: GatewayOptions<{ readonly user: string }> = options;
    expect(other).toBe(options);
  });
});

describe("models", () => {
  test("a strategy has a name that exists, or is a function of targets", () => {
    const targets = ["openai/gpt-5-mini"];
    expect(() =>
      // @ts-expect-error There is no such strategy.
      createGateway({ ...settled, models: { fast: { strategy: "fastets", targets } } }),
    ).toThrow("strategy");
    createGateway({ ...settled, models: { fast: { strategy: (candidates) => candidates.toReversed(), targets } } });
    // @ts-expect-error Targets go in and targets come out.
    createGateway({ ...settled, models: { fast: { strategy: () => targets, targets } } });
  });

  test("targets are a list", () => {
    expect(() =>
      // @ts-expect-error One target is a list of one.
      createGateway({ ...settled, models: { fast: "openai/gpt-5-mini" } }),
    ).toThrow("fast");
    expect(() =>
      // @ts-expect-error A target with a weight names its target.
      createGateway({ ...settled, models: { fast: { targets: [{ model: "openai/gpt-5-mini", weight: 2 }] } } }),
    ).toThrow("fast");
  });
});

describe("providers", () => {
  test.each<[string, () => unknown]>([
    [
      "baseURL",
      // @ts-expect-error Nobody knows where it is.
      () => openaiCompatible({ id: "house" }),
    ],
    [
      "`id`",
      // @ts-expect-error Its targets need a prefix.
      () => openaiCompatible({ baseURL: "http://127.0.0.1:8000/v1" }),
    ],
    [
      "provider()",
      // @ts-expect-error It is made by its id.
      () => provider(),
    ],
    [
      "apiKey",
      // @ts-expect-error A key is a text, or a function that gives one.
      () => openai({ apiKey: 7 }),
    ],
    [
      "`baseUrl`",
      // @ts-expect-error It is `baseURL`.
      () => openai({ apiKey: "sk-1", baseUrl: "https://example.org/v1" }),
    ],
    [
      "providers",
      // @ts-expect-error A provider is made by its factory.
      () => createGateway({ ...settled, providers: ["openai"] }),
    ],
  ])("without what it needs there is none: %s", (message, make) => {
    expect(make).toThrow(message);
  });
});

describe("stages", () => {
  test("give the reply of the inner stages, or one of their own", () => {
    expectTypeOf(defineStage("pass", (_context, next) => next())).toEqualTypeOf<Stage>();
    expectTypeOf(defineStage("own", () => Promise.resolve(replyOf([])))).toEqualTypeOf<Stage>();
    // @ts-expect-error It gives nothing back.
    defineStage("forgetful", async (_context, next) => void (await next()));
    // @ts-expect-error A text is no reply.
    defineStage("text", () => Promise.resolve("Hello"));
    // @ts-expect-error A reply is promised.
    defineStage("hasty", () => replyOf([]));
    expect(() => defineStage("Not Kebab", (_context, next) => next())).toThrow(TypeError);
  });

  test("change what inner stages see by next() alone", () => {
    defineStage("change", async (context, next) => {
      expectTypeOf(context).toEqualTypeOf<Context>();
      // @ts-expect-error A context is read only.
      context.attempt = 2;
      // @ts-expect-error So is a request.
      context.request.model = "other";
      // @ts-expect-error Nothing a stage does changes who asks.
      await next({ principal: { id: "root" } });
      return await next({ request: { ...context.request, model: "other" } });
    });
    expectTypeOf<Context["principal"]["id"]>().toBeString();
    expectTypeOf<Context["target"]>().extract<undefined>().toBeUndefined();
  });

  test("leave values for each other under keys that know their type", () => {
    const seats = createContextKey<number>("seats");
    const context = testContext();
    context.set(seats, 7);
    expectTypeOf(context.get(seats)).toEqualTypeOf<number | undefined>();
    // @ts-expect-error It is a key of numbers.
    context.set(seats, "seven");
    const plan = createContextKey<{ readonly name: "free" | "paid" }>("plan");
    // @ts-expect-error There is no such plan.
    context.set(plan, { name: "gold" });
    // @ts-expect-error A name is no key.
    expect(context.get("seats")).toBeUndefined();
    // @ts-expect-error Keys of different types are different keys.
    const names: ContextKey<string> = seats;
    expect(names).toBe(seats);
  });

  test("know every event by its type", () => {
    const reply = mapEvents(replyOf([]), (event) => {
      if (event.type === "text-delta") {
        expectTypeOf(event.text).toBeString();
        return { ...event, text: event.text.toUpperCase() };
      }
      // @ts-expect-error Not every event has a text.
      expectTypeOf(event.text).toBeAny();
      // @ts-expect-error There is no event of that name.
      return event.type === "text" ? undefined : event;
    });
    expectTypeOf(reply).toEqualTypeOf<Reply>();
    expectTypeOf(events(reply)).toEqualTypeOf<AsyncGenerator<ChatEvent, void, undefined>>();
    // @ts-expect-error A finish reason is one of OpenAI's.
    const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "end_turn" };
    expect(end.type).toBe("reply-end");
    // @ts-expect-error tap() only looks: it takes a function of events.
    expect(() => tap(reply, "text-delta")).not.toThrow();
  });
});

describe("calls in this process", () => {
  const gateway = createGateway(settled);

  test("take the vocabulary, and give a reply", () => {
    expectTypeOf(gateway).toEqualTypeOf<Gateway>();
    expectTypeOf(gateway.chat).returns.resolves.toEqualTypeOf<ChatReply>();
    expectTypeOf(collect).returns.resolves.toEqualTypeOf<CollectedReply>();
    expectTypeOf(gateway.fetchAs).toBeCallableWith({ id: "job", tenant: "acme" });
    expectTypeOf(gateway.fetchAs({ id: "job" })).toEqualTypeOf<typeof globalThis.fetch>();
    // @ts-expect-error Somebody must ask.
    expect(gateway.fetchAs()).toBeTypeOf("function");
  });

  test("need a model and messages with something in them", async () => {
    const messages = [{ role: "user", content: "Hello" }] as const;
    expectTypeOf({ model: "fast", messages }).toExtend<ChatInput>();
    // @ts-expect-error There is no model.
    await expect(gateway.chat({ messages })).rejects.toMatchObject({ param: "model" });
    // @ts-expect-error There are no messages.
    await expect(gateway.chat({ model: "fast" })).rejects.toMatchObject({ param: "messages" });
    await expect(
      // @ts-expect-error The message has neither content nor parts.
      gateway.chat({ model: "fast", messages: [{ role: "user" }] }),
    ).rejects.toMatchObject({ param: "messages[0]" });
    // @ts-expect-error It is `maxOutputTokens` here, whatever a dialect calls it.
    expectTypeOf<ChatInput>().toHaveProperty("max_tokens");
    // @ts-expect-error The dialect of such a call is the gateway's own.
    expectTypeOf<ChatInput>().toHaveProperty("dialect");
    // @ts-expect-error There is no such role.
    expectTypeOf({ role: "bot", content: "Hello" } as const).toExtend<ChatInput["messages"][number]>();
  });

  test("parts are told apart by their type", () => {
    const widthOf = (part: Part): string => {
      switch (part.type) {
        case "tool-call":
          expectTypeOf(part.kind).toEqualTypeOf<"function" | "custom">();
          return part.arguments;
        case "image":
          // @ts-expect-error Not every source is an address.
          return part.source.url;
        default:
          return part.type;
      }
    };
    expect(widthOf({ type: "text", text: "Hi" })).toBe("text");
  });
});

describe("errors", () => {
  test("have a code of a closed set", () => {
    const error: unknown = new GatewayError("rate_limit_exceeded", "Slow down.");
    if (!GatewayError.is(error)) throw new Error("It should be known.");
    expectTypeOf(error).toEqualTypeOf<GatewayError>();
    // @ts-expect-error There is no such code: this can never be.
    expect(error.code === "slow_down").toBe(false);
    expectTypeOf<ConstructorParameters<typeof GatewayError>[0]>().toEqualTypeOf<GatewayErrorCode>();
  });
});

describe("stores", () => {
  test("are whatever has their methods", () => {
    const map = new Map<string, unknown>();
    const store: CacheStore = {
      get: (key) => map.get(key),
      set: (key, value) => void map.set(key, value),
      delete: (key) => void map.delete(key),
    };
    expect(() => cache({ ttlMs: 1, store })).not.toThrow();
    // @ts-expect-error A store forgets, too.
    expect(() => cache({ ttlMs: 1, store: { get: store.get, set: store.set } })).toThrow("store");
    const ledger: Ledger = { record: ({ usage }) => expectTypeOf(usage.inputTokens).toBeNumber() };
    createGateway({ ...settled, stores: { ledger } });
    expectTypeOf(memoryLedger()).toExtend<Ledger>();
    // @ts-expect-error The store of answers is an option of cache().
    expect(() => createGateway({ ...settled, stores: { cache: store } })).toThrow("`cache`");
    createGateway({ ...settled, stores: { responses: false } });
    // @ts-expect-error One that is told how long to keep each value would never forget.
    expect(() => createGateway({ ...settled, stores: { responses: store } })).not.toThrow();
    expectTypeOf(memoryResponseStore()).toExtend<ResponseStore>();
  });
});
