import { describe, expect, test } from "vitest";
import { cache, createGateway, openaiCompatible, type GatewayOptions } from "../../src/index.ts";
import { chatAnswer, messagesAnswer } from "../../src/testing/wire.ts";
import { hang, read, setUp, withStage } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();

/** What gateway and inference say of a request's session. */
const sessions = (): unknown[] => {
  const { attributes } = traces.gateway();
  const inferences = traces.spans().filter(({ name }) => name.startsWith("chat "));
  return [
    attributes["session.id"],
    attributes["gen_ai.conversation.id"],
    ...inferences.map((span) => span.attributes["gen_ai.conversation.id"]),
  ];
};

const answers = (options: GatewayOptions = {}) => setUp(() => ({ body: chatAnswer("Hi") }), options);

describe("the session of a request", () => {
  test("is nobody's where the client names none", async () => {
    await answers().ask();
    expect(sessions()).toEqual([undefined, undefined, undefined]);
  });

  test("is the one in its body, or else in its header", async () => {
    const { ask } = answers();
    await ask({ session_id: "conv-1" }, { headers: { "x-session-id": "conv-2" } });
    expect(sessions()).toEqual(["conv-1", "conv-1", "conv-1"]);
    traces.clear();
    await ask({}, { headers: { "x-session-id": "conv-2" } });
    expect(sessions()).toEqual(["conv-2", "conv-2", "conv-2"]);
  });

  test("is told whatever dialect it comes in", async () => {
    const { gateway } = setUp(() => ({ body: messagesAnswer("Hi") }));
    const body = { model: "anthropic/claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] };
    const headers = { "content-type": "application/json", "x-session-id": "conv-1" };
    const url = "http://gateway.test/v1/messages";
    await read(await gateway.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(body) })));
    expect(sessions()).toEqual(["conv-1", "conv-1", "conv-1"]);
  });

  test("is told also of a request that is refused", async () => {
    await answers().ask({ messages: 7 }, { headers: { "x-session-id": "conv-1" } });
    expect(sessions()).toEqual(["conv-1", "conv-1"]);
  });

  test("is told of a call within this process", async () => {
    const { gateway } = answers();
    const messages = [{ role: "user" as const, content: "Hi" }];
    const reply = await gateway.chat({ model: "fast", sessionId: "conv-1", messages });
    for await (const _ of reply.batches) continue;
    expect(sessions()).toEqual(["conv-1", "conv-1", "conv-1"]);
  });

  test("may stand in another header, or in none", async () => {
    const headers = { "x-session-id": "secret", "helicone-session-id": "conv-1" };
    await answers({ telemetry: { sessionHeader: "Helicone-Session-Id" } }).ask({}, { headers });
    expect(sessions()).toEqual(["conv-1", "conv-1", "conv-1"]);
    traces.clear();
    await answers({ telemetry: { sessionHeader: false } }).ask({}, { headers });
    expect(sessions()).toEqual([undefined, undefined, undefined]);
  });

  test("is none where its header holds nothing, or more than an id", async () => {
    const { ask } = answers();
    for (const header of ["", " ", "x".repeat(257)]) {
      traces.clear();
      await ask({}, { headers: { "x-session-id": header } });
      expect(sessions()).toEqual([undefined, undefined, undefined]);
    }
  });

  test.each([7, "", "x".repeat(257)])("must be an id where it stands in the body, not %j", async (session) => {
    const { status, text } = await setUp(hang).ask({ session_id: session });
    expect(status).toBe(400);
    expect(text).toContain("session_id");
  });

  test.each(["x session", "", 7])("stands in a header that can be, not %j", (sessionHeader) => {
    // A host without types may pass anything.
    const telemetry = { sessionHeader } as GatewayOptions["telemetry"] & object;
    expect(() => createGateway({ telemetry })).toThrow("`telemetry.sessionHeader`");
  });
});

test("a session is the gateway's business: only providers that have them are told", async () => {
  const house = (id: string, openrouterExtensions: boolean) =>
    openaiCompatible({ id, baseURL: `https://${id}.test/v1`, apiKey: "k", quirks: { openrouterExtensions } });
  const { ask, transport } = answers({ providers: [house("plain", false), house("router", true)], models: {} });
  for (const model of ["plain/tiny", "router/tiny"]) {
    for (const more of [{}, { max_tokens: 7, reasoning: { effort: "low" } }]) {
      await ask({ model, session_id: "conv-1", ...more });
    }
  }
  const told = transport.requests.map(({ body }) => (JSON.parse(String(body)) as { session_id?: string }).session_id);
  expect(told).toEqual([undefined, undefined, "conv-1", "conv-1"]);
});

test("an answer from the cache is the same in every session", async () => {
  const { ask, transport } = answers({ stages: withStage(cache({ ttlMs: 1_000_000 })) });
  await ask({ session_id: "conv-1" });
  await ask({ session_id: "conv-2" });
  expect(transport.requests).toHaveLength(1);
});
