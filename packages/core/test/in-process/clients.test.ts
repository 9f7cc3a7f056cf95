import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defineStage, GatewayError, insertBefore } from "../../src/index.ts";
import { patienceMs, until } from "../../src/testing/adapter/within.ts";
import { chatAnswer, chatStream } from "../../src/testing/wire.ts";
import { aiSdkClients } from "./clients/ai-sdk.ts";
import { anthropicClient } from "./clients/anthropic.ts";
import type { Client, ClientKind, ClientSetting } from "./clients/client.ts";
import { langchainClient } from "./clients/langchain.ts";
import { openaiClient } from "./clients/openai.ts";
import { hang, model, setUp, weatherCall, weatherCallStream, type InProcess } from "./set-up.ts";
import { refuseSockets } from "./sockets.ts";

/** A client with the gateway as its `fetch`; the address leads nowhere. */
const clientOf = (kind: ClientKind, { gateway }: InProcess, setting: Partial<ClientSetting> = {}): Client =>
  kind.create({
    fetch: gateway.fetchAs({ id: "job", tenant: "acme" }),
    mount: "http://gateway.test",
    model,
    maxRetries: 0,
    ...setting,
  });

/** What a promise is rejected with; `undefined` where it is not. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const readAll = async (pieces: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
};

const longStream = chatStream(...Array.from({ length: 50 }, () => "a"));

describe.each([openaiClient, anthropicClient, langchainClient, ...aiSdkClients])("$name", (kind) => {
  let sockets: () => number;
  beforeEach(() => {
    sockets = refuseSockets();
  });
  afterEach(() => {
    if (sockets() > 0) throw new Error("A socket was opened.");
  });

  test("gets a whole answer, in the name of its principal", async () => {
    const there = setUp(() => ({ body: chatAnswer("Sunny.") }));
    expect(await clientOf(kind, there).ask()).toBe("Sunny.");
    expect(there.ledger.rows()).toMatchObject([{ principal: "job", tenant: "acme", target: model, exit: "complete" }]);
  });

  test("gets a stream as it comes", async () => {
    const there = setUp(() => ({ body: chatStream("Sun", "ny.") }));
    expect(await readAll(clientOf(kind, there).stream())).toEqual(["Sun", "ny."]);
    expect(there.ledger.rows()).toMatchObject([{ exit: "complete" }]);
  });

  test("is told the call of a tool", async () => {
    const there = setUp(() => ({ body: weatherCall }));
    expect(await clientOf(kind, there).call()).toEqual({ id: "call_1", arguments: { city: "Rome" } });
  });

  test("is told the call of a tool in a stream", async () => {
    const there = setUp(() => ({ body: weatherCallStream }));
    expect(await clientOf(kind, there).streamCall()).toEqual({ id: "call_1", arguments: { city: "Rome" } });
  });

  test("stops the provider when it is aborted before the answer", async () => {
    const there = setUp(hang);
    const abort = new AbortController();
    const asked = failureOf(clientOf(kind, there).ask(abort.signal));
    await until(patienceMs, "the provider to be asked", () => there.transport.requests.length === 1);
    abort.abort();
    expect(kind.isAbort(await asked)).toBe(true);
    await until(patienceMs, "the call to be recorded", () => there.ledger.rows().length === 1);
    expect(there.ledger.rows()).toMatchObject([{ error: "client_closed" }]);
    expect(there.transport.requests[0]?.signal.aborted).toBe(true);
  });

  test("stops the provider when it is aborted in the middle of a stream", async () => {
    const there = setUp(() => ({ body: longStream }));
    const abort = new AbortController();
    const pieces: string[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of clientOf(kind, there).stream(abort.signal)) {
        pieces.push(piece);
        abort.abort();
      }
    };
    const failure = await failureOf(read());
    expect(failure === undefined ? kind.endsQuietly : kind.isAbort(failure)).toBe(true);
    expect(pieces.length).toBeLessThan(50);
    await until(patienceMs, "the provider's answer to be given up", () => there.transport.closedEarly() === 1);
    expect(there.ledger.rows()).toMatchObject([{ exit: "aborted", error: "client_closed" }]);
  });

  test.each([
    ["the provider refuses", 400, { status: 400, body: { error: { message: "no" } } }, model],
    ["nobody knows the model", 404, { body: chatAnswer("") }, "nobody/m"],
    ["the provider is out of order", 502, { status: 500, body: { error: { message: "oh" } } }, model],
  ])("meets an error of its own class where %s, with the status %i", async (_what, status, answer, asked) => {
    const there = setUp(() => answer);
    const client = clientOf(kind, there, { model: asked });
    expect(kind.statusOf(await failureOf(client.ask()))).toBe(status);
    expect(kind.statusOf(await failureOf(readAll(client.stream())))).toBe(status);
  });

  test("meets an error where a stream breaks off", async () => {
    const there = setUp(() => ({ body: chatStream("Sun", "ny.").slice(0, 2) }));
    expect(await failureOf(readAll(clientOf(kind, there).stream()))).toBeDefined();
  });
});

// The AI SDK keeps a branch of every stream for its other promises, so leaving one says nothing: it wants a signal.
test.each([openaiClient, anthropicClient, langchainClient])(
  "the provider is stopped when its reader leaves: $name",
  async (kind) => {
    const there = setUp(() => ({ body: longStream }));
    for await (const _ of clientOf(kind, there).stream()) break;
    await until(patienceMs, "the provider's answer to be given up", () => there.transport.closedEarly() === 1);
    expect(there.ledger.rows()).toMatchObject([{ exit: "aborted" }]);
  },
);

describe("who asks again", () => {
  test.each([openaiClient, anthropicClient, ...aiSdkClients])("does so when the gateway says: $name", async (kind) => {
    let requests = 0;
    const busy = defineStage("busy", (_context, next) => {
      if (requests++ > 0) return next();
      throw new GatewayError("gateway_overloaded", "Too much to do.", { retryAfterMs: 1 });
    });
    const there = setUp(() => ({ body: chatAnswer("Sunny.") }), {
      stages: (defaults) => insertBefore(defaults, "route", busy),
    });
    expect(await clientOf(kind, there, { maxRetries: 1 }).ask()).toBe("Sunny.");
    expect(requests).toBe(2);
  });

  test.each([openaiClient, anthropicClient])("does so only if the gateway lets it: $name", async (kind) => {
    let requests = 0;
    const count = defineStage("count", (_context, next) => {
      requests++;
      return next();
    });
    const there = setUp(() => ({ status: 500, body: { error: { message: "oh" } } }), {
      stages: (defaults) => [count, ...defaults],
    });
    const failure = await failureOf(clientOf(kind, there, { maxRetries: 2 }).ask());
    // The status alone would make it try again.
    expect(kind.statusOf(failure)).toBe(502);
    expect(requests).toBe(1);
  });
});

test("a socket would have been noticed", async () => {
  const sockets = refuseSockets();
  await expect(fetch("http://127.0.0.1:49152/")).rejects.toThrow("fetch failed");
  expect(sockets()).toBeGreaterThan(0);
});
