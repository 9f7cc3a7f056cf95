import {
  anthropic,
  cache,
  createGateway,
  denyPatterns,
  guardrail,
  openai,
  pii,
  UpstreamError,
  type GatewayOptions,
} from "../../src/index.ts";
import { createFakeTransport, type FakeAnswer, type FakeTransport } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, messagesStream } from "../../src/testing/wire.ts";
import { withStage } from "./set-up.ts";

/** Stands in every place where a secret may stand; nobody but providers may ever see it. */
export const canary = "canary-7f3a";

const call = { index: 0, id: "call_1", type: "function", function: { name: "pay", arguments: `{"card":"${canary}"}` } };
const choice = {
  index: 0,
  message: { role: "assistant", content: canary, tool_calls: [call] },
  finish_reason: "tool_calls",
};
const error = { error: { message: canary, type: canary, code: canary, param: canary } };
const json = { "content-type": "application/json", "x-debug": canary, "set-cookie": canary };

/** What the first provider does, request by request; the second always answers. */
const answers: readonly (() => FakeAnswer)[] = [
  () => ({ headers: json, body: chatAnswer(canary, { choices: [choice] }) }),
  () => ({
    body: [chatChunk({ role: "assistant", content: canary }), chatChunk({ content: `${canary}@example.com` }, "stop")],
  }),
  () => ({ body: [chatChunk({ content: canary }), `data: ${JSON.stringify(error)}\n\n`] }),
  () => ({ body: [chatChunk({ content: canary })], breaksWith: new UpstreamError("upstream_reset", canary) }),
  () => ({ status: 400, headers: json, body: error }),
  () => ({ status: 500, headers: json, body: error }),
  () => {
    throw new UpstreamError("upstream_unreachable", canary, { cause: new Error(canary) });
  },
  () => ({ body: `<html>${canary}` }),
];

const user = (content: string): object => ({ role: "user", content });
const history = [
  { role: "system", content: canary },
  user(canary),
  { role: "assistant", content: null, tool_calls: [call] },
  { role: "tool", tool_call_id: "call_1", content: canary },
];
const tool = {
  type: "function",
  function: { name: "pay", description: canary, parameters: { type: "object", description: canary } },
};

/** Sends requests that end in every way, with the canary in each of their parts. */
export const askWithCanaries = async (options: GatewayOptions): Promise<FakeTransport> => {
  let asked = 0;
  const transport = createFakeTransport(({ url }) =>
    url.includes("openai") ? (answers[asked++ % answers.length]?.() ?? { body: {} }) : { body: messagesStream(canary) },
  );
  const gateway = createGateway({
    providers: [openai({ apiKey: canary, headers: { "x-tenant-key": canary } }), anthropic({ apiKey: canary })],
    models: { fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"] },
    authenticate: ({ header }) => (header("x-stranger") === undefined ? { id: "ada" } : null),
    stages: (defaults) => {
      const rules = [pii(), denyPatterns({ patterns: [`forbidden ${canary}`] })];
      return withStage(guardrail({ rules }))(withStage(cache({ ttlMs: 60_000 }))(defaults));
    },
    transport,
    random: () => 0,
    ...options,
  });
  const send = async (body: string, headers: Readonly<Record<string, string>> = {}, method = "POST"): Promise<void> => {
    const response = await gateway.fetch(
      new Request(`http://gateway.test/v1/chat/completions?key=${canary}`, {
        method,
        body,
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${canary}`,
          "x-api-key": canary,
          cookie: canary,
          baggage: `session=${canary}`,
          "user-agent": canary,
          ...headers,
        },
      }),
    );
    await response.text().catch(String);
  };
  const ask = (body: object): Promise<void> =>
    send(
      JSON.stringify({
        model: "fast",
        user: canary,
        metadata: { canary },
        tools: [tool],
        messages: history,
        ...body,
      }),
    );
  for (let round = 0; round < answers.length; round++) {
    for (const stream of [false, true]) await ask({ stream, seed: round });
  }
  await ask({ messages: [user(`forbidden ${canary}`)] });
  await ask({ messages: [user(`I am ${canary}@example.com, call ${canary}.`)] });
  await ask({ messages: canary });
  await ask({ response_format: { type: canary } });
  await send(`{"${canary}":`);
  await send("{}", {}, canary);
  await send("{}", { "content-type": canary });
  await send("{}", { "x-stranger": canary });
  await gateway.close();
  return transport;
};
