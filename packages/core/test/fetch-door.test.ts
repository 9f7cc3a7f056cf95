import OpenAI, { APIError, APIUserAbortError } from "openai";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  allowAnyone,
  createGateway,
  defineStage,
  mapBatches,
  memoryLedger,
  openai,
  type GatewayOptions,
} from "../src/index.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer, type FakeTransport } from "../src/testing/index.ts";
import { watchCrashes } from "../src/testing/adapter/crashes.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { patienceMs, until, within } from "../src/testing/adapter/within.ts";
import { chatAnswer, chatStream } from "../src/testing/wire.ts";
import { collectGarbage } from "./garbage.ts";

const setUp = (respond: () => FakeAnswer | Promise<FakeAnswer>, options: GatewayOptions = {}) => {
  const transport = createFakeTransport(respond);
  const clock = createFakeClock();
  const ledger = memoryLedger();
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-openai" })],
    authenticate: allowAnyone(),
    transport,
    clock,
    random: () => 0,
    stores: { ledger },
    logger: silent,
    ...options,
  });
  return { gateway, transport, clock, ledger };
};

const hang = (): Promise<never> => new Promise(() => undefined);
const model = "openai/gpt-5-mini";
const messages = [{ role: "user" as const, content: "Hello" }];

const post = (body: object, more: RequestInit = {}): Request =>
  new Request("http://gateway.test/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...more,
  });

const streamed = post.bind(undefined, { model, messages, stream: true });
const whole = post.bind(undefined, { model, messages });

const readAll = async (response: Response, onChunk: (text: string) => unknown = () => undefined): Promise<string> => {
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    await onChunk(text);
  }
  return text;
};

/** What a promise brings, its value or its error. */
const settled = async (promise: PromiseLike<unknown>): Promise<unknown> => {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
};

/** Waits until a provider's answer was given up. */
const givenUp = (transport: FakeTransport): Promise<void> =>
  until(patienceMs, "the provider's answer to be given up", () => transport.closedEarly() === 1);

describe("the official client, in the same process", () => {
  const clientOf = (fetch: typeof globalThis.fetch): OpenAI =>
    new OpenAI({ apiKey: "none", baseURL: "http://gateway.test/v1", fetch, maxRetries: 0 });

  test("gets a whole answer, in the name of its principal", async () => {
    const { gateway, ledger } = setUp(() => ({ body: chatAnswer("Hello") }), { authenticate: () => null });
    const client = clientOf(gateway.fetchAs({ id: "job", tenant: "acme" }));
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices[0]?.message.content).toBe("Hello");
    expect(ledger.rows()).toMatchObject([{ principal: "job", tenant: "acme", target: model }]);
  });

  test("gets a stream", async () => {
    const { gateway } = setUp(() => ({ body: chatStream("Hel", "lo") }));
    const client = clientOf(gateway.fetchAs({ id: "job" }));
    let text = "";
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
    expect(text).toBe("Hello");
  });

  test("meets an error as its own error", async () => {
    const { gateway } = setUp(() => ({ status: 400, body: { error: { message: "no" } } }));
    const client = clientOf(gateway.fetchAs({ id: "job" }));
    const asked = client.chat.completions.create({ model, messages });
    await expect(asked).rejects.toMatchObject({ status: 400, code: "upstream_invalid_request" });
  });

  test("meets an error inside a stream as its own error", async () => {
    const { gateway } = setUp(() => ({ body: chatStream("Hel", "lo").slice(0, 2) }));
    const client = clientOf(gateway.fetchAs({ id: "job" }));
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    const reading = (async () => {
      for await (const chunk of stream) expect(chunk.choices[0]?.finish_reason ?? null).toBeNull();
    })();
    await expect(reading).rejects.toThrow(APIError);
  });

  test("stops the provider when it aborts a stream", async () => {
    const crashes = watchCrashes({ defer: onTestFinished });
    const { gateway, transport, ledger, clock } = setUp(() => ({ body: chatStream("a", "b", "c", "d") }));
    const client = clientOf(gateway.fetchAs({ id: "job" }));
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 2) stream.controller.abort();
    expect(chunks).toBe(2);
    await givenUp(transport);
    expect(ledger.rows()).toMatchObject([{ exit: "aborted", error: "client_closed" }]);
    expect(clock.pendingTimers()).toBe(0);
    expect(crashes).toEqual([]);
  });

  test("stops the provider when it stops reading a stream", async () => {
    const { gateway, transport } = setUp(() => ({ body: chatStream("a", "b", "c", "d") }));
    const client = clientOf(gateway.fetchAs({ id: "job" }));
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true })) break;
    await givenUp(transport);
    expect(transport.requests).toHaveLength(1);
  });

  test.each([{ stream: true as const }, { stream: false as const }])(
    "stops the provider before it answers: %o",
    async (kind) => {
      const { gateway, transport, clock } = setUp(hang);
      const client = clientOf(gateway.fetchAs({ id: "job" }));
      const abort = new AbortController();
      const asked = client.chat.completions.create({ model, messages, ...kind }, { signal: abort.signal });
      const outcome = settled(asked);
      await clock.advance(0);
      abort.abort();
      expect(await within(patienceMs, "the client's error", outcome)).toBeInstanceOf(APIUserAbortError);
      await until(patienceMs, "nothing to be left", () => clock.pendingTimers() === 0);
      expect(transport.requests[0]?.signal.aborted).toBe(true);
    },
  );
});

describe("fetchAs() behaves as fetch", () => {
  test("rejects with its signal's reason, aborted before or meanwhile", async () => {
    const { gateway, transport, clock } = setUp(hang);
    const fetch = gateway.fetchAs({ id: "job" });
    const reason = new Error("not needed any more");
    await expect(fetch(whole({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    await until(patienceMs, "nothing to be left", () => clock.pendingTimers() === 0);
    expect(transport.requests).toHaveLength(0);

    const abort = new AbortController();
    const asked = fetch(whole(), { signal: abort.signal });
    const outcome = settled(asked);
    await clock.advance(0);
    expect(transport.requests).toHaveLength(1);
    abort.abort(reason);
    expect(await outcome).toBe(reason);
  });

  test("rejects, and does not throw, where the request can not be", async () => {
    const { gateway } = setUp(hang);
    await expect(gateway.fetchAs({ id: "job" })("no address")).rejects.toThrow(TypeError);
  });

  test("an answer that is being read fails with its signal's reason", async () => {
    const { gateway, transport } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const abort = new AbortController();
    const response = await gateway.fetchAs({ id: "job" })(streamed(), { signal: abort.signal });
    const reading = readAll(response, () => abort.abort(new Error("enough")));
    await expect(reading).rejects.toThrow("enough");
    await givenUp(transport);
  });

  test("its signal still counts when nobody holds the request any more", async () => {
    const { gateway, transport } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const abort = new AbortController();
    const response = await gateway.fetchAs({ id: "job" })(streamed(), { signal: abort.signal });
    await collectGarbage();
    abort.abort();
    await givenUp(transport);
    await expect(readAll(response)).rejects.toThrow("aborted");
  });

  test("takes a body that is a stream", async () => {
    const { gateway } = setUp(() => ({ body: chatAnswer("Hello") }));
    const body = ReadableStream.from(
      [`{"model":"${model}",`, `"messages":${JSON.stringify(messages)}}`].map((text) => Buffer.from(text)),
    );
    const response = await gateway.fetchAs({ id: "job" })("http://gateway.test/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      duplex: "half",
    });
    expect(response.status).toBe(200);
  });
});

describe("the door for fetch-style hosts", () => {
  test("gives every event as it comes, and reads no further than its client", async () => {
    const { gateway } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const response = await gateway.fetch(streamed());
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const sizes: number[] = [];
    const text = await readAll(response, (soFar) => sizes.push(soFar.length));
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(sizes.length).toBeGreaterThanOrEqual(4);
  });

  test("never rejects: a client that left gets an answer nobody sees", async () => {
    const { gateway, clock, transport } = setUp(hang);
    const abort = new AbortController();
    const asked = gateway.fetch(whole({ signal: abort.signal }));
    await clock.advance(0);
    abort.abort();
    expect((await asked).status).toBe(499);
    await until(patienceMs, "nothing to be left", () => clock.pendingTimers() === 0);
    expect(transport.requests[0]?.signal.aborted).toBe(true);
  });

  test("gives up a client that does not read", async () => {
    const { gateway, clock, transport, ledger } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const response = await gateway.fetch(streamed());
    await clock.advance(59_000);
    expect(transport.closedEarly()).toBe(0);
    await clock.advance(2_000);
    expect(transport.closedEarly()).toBe(1);
    expect(clock.pendingTimers()).toBe(0);
    expect(ledger.rows()).toHaveLength(1);
    await expect(readAll(response)).rejects.toThrow("broke off");
  });

  test("breaks off after a server that looks ahead has passed on what came before", async () => {
    const fails = defineStage("fails", async (_, next) =>
      mapBatches(await next(), () => {
        throw new Error("gone");
      }),
    );
    const { gateway } = setUp(() => ({ body: chatStream("a") }), { stages: (defaults) => [fails, ...defaults] });
    const response = await gateway.fetch(streamed());
    vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate"] });
    onTestFinished(() => void vi.useRealTimers());
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? "").toString()).toContain('"error"');
    const next = settled(reader?.read() ?? Promise.reject(new Error("There is no body.")));
    // It is the next millisecond when the server sets its timer.
    const ahead = new Promise(
      (resolve) => void setTimeout(() => resolve(Promise.race([next, Promise.resolve("nothing yet")])), 2),
    );
    await vi.advanceTimersByTimeAsync(10);
    expect(await ahead).toBe("nothing yet");
    expect(await next).toMatchObject({ message: "The answer broke off." });
  });

  test("a shutdown ends the stream of a client that does not read", async () => {
    const { gateway, clock, transport } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const response = await gateway.fetch(streamed());
    const closed = gateway.close({ drainMs: 1_000 });
    await clock.advance(1_000);
    await closed;
    expect(transport.closedEarly()).toBe(1);
    expect(clock.pendingTimers()).toBe(0);
    await expect(readAll(response)).rejects.toThrow("broke off");
  });

  test("a silent stream is kept alive from its first event on", async () => {
    const { gateway, clock } = setUp(() => ({ body: chatStream("a") }), {
      timeouts: { headerHoldMs: 10_000, heartbeatMs: 500 },
    });
    const response = await gateway.fetch(streamed());
    await clock.advance(1_200);
    const text = await readAll(response);
    expect(text.split(": keepalive\n\n")).toHaveLength(3);
  });

  test("tells of a body that somebody else has read", async () => {
    const { gateway } = setUp(hang);
    const request = whole();
    await request.text();
    const response = await gateway.fetch(request);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain("hand the gateway a clone");
    const locked = whole();
    locked.body?.getReader();
    expect(await (await gateway.fetch(locked)).text()).toContain("hand the gateway a clone");
  });

  test("a body that does not come in time is refused", async () => {
    const { gateway, clock } = setUp(hang);
    const asked = gateway.fetch(whole({ body: new ReadableStream({ start: () => undefined }), duplex: "half" }));
    await clock.advance(15_000);
    expect((await asked).status).toBe(408);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("HEAD is answered where GET is, and other methods are told which there are", async () => {
    const { gateway } = setUp(hang);
    const ask = (method: string, path: string): Promise<Response> =>
      gateway.fetch(new Request(`http://gateway.test${path}`, { method }));
    const head = await ask("HEAD", "/v1/models");
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    for (const [method, path, allow] of [
      ["OPTIONS", "/v1/chat/completions", "POST"],
      ["GET", "/v1/messages", "POST"],
      ["DELETE", "/v1/models", "GET, HEAD"],
    ] as const) {
      const refused = await ask(method, path);
      expect(refused.status).toBe(405);
      expect(refused.headers.get("allow")).toBe(allow);
    }
  });
});
