import { describe, expect, test } from "vitest";
import {
  anthropic,
  createGateway,
  defineStage,
  gemini,
  insertBefore,
  mapEvents,
  openai,
  openaiCompatible,
  type Provider,
} from "../src/index.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeTransport } from "../src/testing/index.ts";

/** Rewrites the text of an answer, as a guardrail does, and leaves everything else alone. */
const hide = defineStage("hide", async (_context, next) =>
  mapEvents(await next(), (event) =>
    event.type === "text-delta" && event.text.includes("secret")
      ? { ...event, text: event.text.replace("secret", "[hidden]") }
      : event,
  ),
);

const ask = async (provider: Provider, path: string, question: object, body: string | object | string[]) => {
  const gateway = createGateway({
    providers: [provider],
    transport: createFakeTransport(() => ({ body })),
    stages: (defaults) => insertBefore(defaults, "route", hide),
    authenticate: () => null,
    logger: silent,
  });
  const response = await gateway.fetchAs({ id: "ann" })(`http://gateway${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question),
  });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.stringContaining("[hidden]")]);
  expect(text).not.toContain("secret");
  return text;
};

const frames = (...events: readonly object[]): string[] =>
  events.map((event) => `event: ${"type" in event ? String(event.type) : ""}\ndata: ${JSON.stringify(event)}\n\n`);

const messages = [{ role: "user", content: "Hi" }];

describe("what only its own dialect can say, where another part of the answer was changed", () => {
  const search = { type: "server_tool_use", id: "srv_1", name: "web_search", input: { query: "rain" } };
  const found = {
    type: "web_search_tool_result",
    tool_use_id: "srv_1",
    content: [{ type: "web_search_result", url: "https://a.example", encrypted_content: "Zm9v" }],
  };
  const claude = anthropic({ apiKey: "k" });
  const question = { model: "anthropic/claude-haiku-4-5", max_tokens: 9, messages };

  test("stays in a whole message", async () => {
    const content = [search, found, { type: "text", text: "a secret" }];
    const body = { id: "m", type: "message", role: "assistant", model: "c", content, stop_reason: "end_turn" };
    const answer = JSON.parse(await ask(claude, "/v1/messages", question, body));
    expect(answer.content).toEqual([search, found, { type: "text", text: "a [hidden]" }]);
  });

  test("stays in a streamed message", async () => {
    const start = (index: number, content_block: object): object => ({
      type: "content_block_start",
      index,
      content_block,
    });
    const delta = (index: number, piece: object): object => ({ type: "content_block_delta", index, delta: piece });
    const stop = (index: number): object => ({ type: "content_block_stop", index });
    const kept = frames(
      start(0, { ...search, input: {} }),
      delta(0, { type: "input_json_delta", partial_json: '{"query":' }),
      delta(0, { type: "input_json_delta", partial_json: '"rain"}' }),
      stop(0),
      start(1, found),
      stop(1),
    );
    const body = [
      ...frames({ type: "message_start", message: { id: "m", type: "message", role: "assistant", model: "c" } }),
      ...kept,
      ...frames(start(2, { type: "text", text: "" }), delta(2, { type: "text_delta", text: "a secret" }), stop(2)),
      ...frames({ type: "message_delta", delta: { stop_reason: "end_turn" } }, { type: "message_stop" }),
    ];
    expect(await ask(claude, "/v1/messages", { ...question, stream: true }, body)).toContain(kept.join(""));
  });

  test("is written anew where its own frames came from elsewhere", async () => {
    const content = [search, found, { type: "text", text: "a secret" }];
    const body = { id: "m", type: "message", role: "assistant", model: "c", content, stop_reason: "end_turn" };
    const stream = await ask(claude, "/v1/messages", { ...question, stream: true }, body);
    expect(stream).toContain(JSON.stringify(search));
    expect(stream).toContain(JSON.stringify(found));
  });

  const item = { id: "ws_1", type: "web_search_call", status: "completed", action: { type: "search", query: "rain" } };
  const said = {
    id: "msg_1",
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text: "a secret", annotations: [] }],
  };
  const response = { id: "resp_1", object: "response", model: "g", status: "completed", output: [item, said] };

  test.each([false, true])("stays in a response, streamed: %s", async (stream) => {
    const provider = openai({ apiKey: "k", api: "responses" });
    const asked = { model: "openai/gpt-5-mini", input: "Hi", stream };
    const text = await ask(provider, "/v1/responses", asked, response);
    const last = text.split("data: ").at(-1) ?? "";
    const { output } = stream ? JSON.parse(last).response : JSON.parse(text);
    expect(output).toEqual([item, expect.objectContaining({ type: "message" })]);
  });

  test.each([false, true])("stays in a Gemini answer, streamed: %s", async (stream) => {
    const code = { executableCode: { language: "PYTHON", code: "1" }, thoughtSignature: "c2ln" };
    const parts = [code, { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } }, { text: "a secret" }];
    const body = { candidates: [{ content: { role: "model", parts }, finishReason: "STOP" }] };
    const path = `/v1beta/models/gemini-3-pro:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`;
    const provider = gemini({ apiKey: "k", models: ["gemini-3-pro"] });
    const contents = [{ role: "user", parts: [{ text: "Hi" }] }];
    const text = await ask(provider, path, { contents }, body);
    for (const part of parts.slice(0, 2)) expect(text).toContain(JSON.stringify(part));
  });

  test.each([false, true])("stays among a chat answer's details, streamed: %s", async (stream) => {
    const detail = { type: "reasoning.server_tool_call", name: "search", id: "s" };
    const provider = openaiCompatible({ id: "house", baseURL: "https://house.example/v1", apiKey: "k" });
    const message = { role: "assistant", content: "a secret", reasoning_details: [detail] };
    const of = (choice: object): object => ({ id: "c", model: "m", choices: [{ index: 0, ...choice }] });
    const body = stream
      ? [`data: ${JSON.stringify(of({ delta: message, finish_reason: "stop" }))}\n\n`, "data: [DONE]\n\n"]
      : of({ message, finish_reason: "stop" });
    const text = await ask(provider, "/v1/chat/completions", { model: "house/m", messages, stream }, body);
    expect(text).toContain(`"reasoning_details":[${JSON.stringify(detail)}]`);
  });
});
