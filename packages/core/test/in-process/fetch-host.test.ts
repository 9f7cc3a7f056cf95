import { describe, expect, test } from "vitest";
import type { Authenticate, Gateway } from "../../src/index.ts";
import { chatAnswer, chatStream } from "../../src/testing/wire.ts";
import { aiSdkClients } from "./clients/ai-sdk.ts";
import { anthropicClient } from "./clients/anthropic.ts";
import { apiKey } from "./clients/client.ts";
import { langchainClient } from "./clients/langchain.ts";
import { openaiClient } from "./clients/openai.ts";
import { model, setUp } from "./set-up.ts";

const mount = "http://host.test/ai";

/** A fetch-style host written by hand, which keeps the gateway below `/ai`; as a `fetch` that reaches it alone. */
const hostOf =
  (gateway: Gateway): typeof globalThis.fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/ai/")) return new Response("The host's own page.");
    url.pathname = url.pathname.slice("/ai".length);
    return await gateway.fetch(new Request(url, request));
  };

const known: Authenticate = ({ credential }) => (credential === apiKey ? { id: "ada" } : null);

describe.each([openaiClient, anthropicClient, langchainClient, ...aiSdkClients])("$name", (kind) => {
  test("is known by the key it sends, and gets its answers", async () => {
    const body = [chatAnswer("Sunny."), chatStream("Sun", "ny.")];
    const { gateway, ledger } = setUp(() => ({ body: body.shift() ?? "" }), { authenticate: known });
    const client = kind.create({ fetch: hostOf(gateway), mount, model, maxRetries: 0 });
    expect(await client.ask()).toBe("Sunny.");
    let text = "";
    for await (const piece of client.stream()) text += piece;
    expect(text).toBe("Sunny.");
    expect(ledger.rows()).toMatchObject([
      { principal: "ada", exit: "complete" },
      { principal: "ada", exit: "complete" },
    ]);
  });

  test("is refused with 401 where nobody knows its key", async () => {
    const { gateway, transport } = setUp(() => ({ body: chatAnswer("Sunny.") }));
    const client = kind.create({ fetch: hostOf(gateway), mount, model, maxRetries: 0 });
    const failure = await client.ask().catch((error: unknown) => error);
    expect(kind.statusOf(failure)).toBe(401);
    expect(transport.requests).toHaveLength(0);
  });
});

test("authenticate sees the host's request, and the rest of the host is its own", async () => {
  const seen: unknown[] = [];
  const { gateway } = setUp(() => ({ body: chatAnswer("Sunny.") }), {
    authenticate: ({ raw, path, header }) => {
      seen.push(raw instanceof Request, path, header("x-user"));
      return { id: "ada" };
    },
  });
  const host = hostOf(gateway);
  const answer = await host(`${mount}/v1/models`, { headers: { "x-user": "ada" } });
  expect(await answer.json()).toMatchObject({ object: "list" });
  expect(seen).toEqual([true, "/v1/models", "ada"]);
  expect(await (await host("http://host.test/")).text()).toBe("The host's own page.");
});
