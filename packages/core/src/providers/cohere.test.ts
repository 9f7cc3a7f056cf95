import { describe, expect, test } from "vitest";
import { collect } from "../chat/collect.ts";
import { createGateway } from "../gateway.ts";
import { allowAnyone } from "../http/authenticate.ts";
import { createFakeTransport } from "../testing/fake-transport.ts";
import { cohere, cohereFrom } from "./cohere.ts";
import { providersFromEnv } from "./from-env.ts";
import { providerFrom } from "./openai-compatible.ts";

describe("cohere()", () => {
  test("speaks the provider's own dialect, by every way to it", () => {
    const environment = { CO_API_KEY: "k" };
    for (const provider of [
      cohereFrom(environment),
      providerFrom(environment, "cohere"),
      providersFromEnv(environment)[0],
    ]) {
      expect(provider).toMatchObject({
        id: "cohere",
        telemetryName: "cohere",
        baseURL: "https://api.cohere.com/v2",
        dialect: { id: "cohere" },
        auth: { type: "bearer" },
      });
      expect(provider?.models.has("command-a-03-2025")).toBe(true);
    }
  });

  test("completes the address that is in the environment", () => {
    const at = (url: string): string => cohereFrom({ COHERE_API_KEY: "k", CO_API_URL: url }).baseURL;
    expect(at("https://cohere.example.com/")).toBe("https://cohere.example.com/v2");
    expect(at("https://cohere.example.com/v2")).toBe("https://cohere.example.com/v2");
  });

  test("says which key it needs and which options it has", () => {
    expect(() => cohereFrom({})).toThrow("cohere() needs `apiKey` or COHERE_API_KEY or CO_API_KEY.");
    // @ts-expect-error There is no such option.
    expect(() => cohere({ apiKey: "k", key: "k" })).toThrow(/no option `key`/);
  });
});

describe("a gateway with cohere()", () => {
  const frames = [
    { type: "message-start", id: "a1", delta: { message: { role: "assistant" } } },
    { type: "content-start", index: 0, delta: { message: { content: { type: "thinking", thinking: "" } } } },
    { type: "content-delta", index: 0, delta: { message: { content: { thinking: "Hm" } } } },
    { type: "content-delta", index: 1, delta: { message: { content: { text: "Hi" } } } },
    {
      type: "message-end",
      delta: { finish_reason: "COMPLETE", usage: { tokens: { input_tokens: 9, output_tokens: 2 } } },
    },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const setUp = (body: object) => {
    const transport = createFakeTransport(() => ({ body }));
    const gateway = createGateway({
      providers: [cohere({ apiKey: "secret" })],
      authenticate: allowAnyone(),
      transport,
    });
    return { transport, gateway };
  };
  const ask = { model: "cohere/command-a-03-2025", messages: [{ role: "user", content: "Hello" }] } as const;

  test("answers clients of other dialects, whole and streamed", async () => {
    const { transport, gateway } = setUp([...frames, "data: [DONE]\n\n"]);
    const response = await gateway.fetch(
      new Request("http://gateway.test/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...ask, stream: true, top_p: 1 }),
      }),
    );
    const text = await response.text();
    expect(text).toContain('"content":"Hi"');
    expect(text).toContain('"reasoning_content":"Hm"');
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    const [sent] = transport.requests;
    expect(sent?.url).toBe("https://api.cohere.com/v2/chat");
    expect(sent?.headers).toMatchObject({ authorization: "Bearer secret" });
    expect(JSON.parse(Buffer.from(sent?.body ?? "").toString())).toEqual({
      model: "command-a-03-2025",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
      p: 0.99,
    });
  });

  test("tells callers in its own process what was billed", async () => {
    const usage = { billed_units: { input_tokens: 1 }, tokens: { input_tokens: 9, output_tokens: 2 } };
    const { gateway } = setUp({
      id: "a1",
      message: { role: "assistant", content: [{ type: "text", text: "Hi" }] },
      finish_reason: "COMPLETE",
      usage,
    });
    const reply = await collect(await gateway.chat(ask));
    expect(reply).toMatchObject({ text: "Hi", usage: { inputTokens: 9, outputTokens: 2 } });
    expect(reply.choices[0]?.extras).toEqual({ cohere: { usage } });
  });
});
