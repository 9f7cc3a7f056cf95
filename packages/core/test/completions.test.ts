import OpenAI, { APIError } from "openai";
import { describe, expect, test } from "vitest";
import {
  anthropic,
  createGateway,
  defineStage,
  denyPatterns,
  gemini,
  guardrail,
  openai,
  openaiCompatible,
  type ChatRequest,
  type GatewayOptions,
} from "../src/index.ts";
import { openaiCompletions } from "../src/dialects/openai-completions/openai-completions.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer, chatChunk, chatStream, chatUsage, messagesAnswer, messagesStream } from "../src/testing/wire.ts";
import { allRecordings, present } from "./recordings/fixtures.ts";

const setUp = (respond: () => FakeAnswer | Promise<FakeAnswer>, options: GatewayOptions = {}) => {
  const transport = createFakeTransport(respond);
  const seen: ChatRequest[] = [];
  const look = defineStage("look", (context, next) => {
    seen.push(context.request);
    return next();
  });
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "sk-o" }),
      anthropic({ apiKey: "sk-a" }),
      gemini({ apiKey: "sk-g" }),
      openaiCompatible({ id: "house", baseURL: "http://127.0.0.1:8000/v1" }),
    ],
    authenticate: () => null,
    stages: (defaults) => [look, ...defaults],
    transport,
    random: () => 0,
    logger: silent,
    ...options,
  });
  const fetch = gateway.fetchAs({ id: "ada" });
  const client = new OpenAI({ apiKey: "k", baseURL: "http://gateway.test/v1", fetch, maxRetries: 0 });
  const post = (body: unknown): Promise<Response> =>
    fetch("http://gateway.test/v1/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const sent = (): unknown => JSON.parse(Buffer.from(transport.requests[0]?.body ?? "").toString());
  return { client, post, sent, seen, transport };
};

// One that tells probabilities.
const model = "openai/gpt-4o";
const claude = "anthropic/claude-haiku-4-5";
const prompt = "Once upon a time";
const head = { id: "chatcmpl-1", object: "text_completion", created: 1_700_000_000, model: "gpt-test-2026" };

const readAll = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const chunk of stream) all.push(chunk);
  return all;
};

describe("a whole answer", () => {
  test("is a text completion; the prompt is what a user says", async () => {
    const { client, sent, seen } = setUp(() => ({ body: chatAnswer("there was a wolf.") }));
    expect(await client.completions.create({ model, prompt })).toEqual({
      ...head,
      choices: [{ text: "there was a wolf.", index: 0, logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
    expect(sent()).toEqual({ model: "gpt-4o", messages: [{ role: "user", content: prompt }] });
    expect(seen).toMatchObject([{ dialect: "openai-completions", operation: "text_completion" }]);
  });

  test("comes from a provider of any dialect, with its settings in that provider's words", async () => {
    const { client, sent } = setUp(() => ({ body: messagesAnswer("there was a wolf.") }));
    const { choices } = await client.completions.create({
      model: claude,
      prompt: [prompt],
      max_tokens: 20,
      temperature: 0.5,
      stop: "The end",
      user: "ada",
      suffix: "",
      best_of: 1,
      echo: false,
    });
    expect(choices).toEqual([{ text: "there was a wolf.", index: 0, logprobs: null, finish_reason: "stop" }]);
    expect(sent()).toMatchObject({ max_tokens: 20, temperature: 0.5, stop_sequences: ["The end"] });
  });

  test("has as many choices as were asked for, each with the prompt before it where that is to be told again", async () => {
    const choices = ["there was", "a wolf"].map((content, index) => ({
      index,
      message: { role: "assistant", content },
      finish_reason: index === 0 ? "stop" : "length",
    }));
    const { client, sent } = setUp(() => ({ body: chatAnswer("", { choices }) }));
    const answer = await client.completions.create({ model, prompt, n: 2, best_of: 2, echo: true });
    expect(answer.choices.map(({ text, finish_reason: reason }) => [text, reason])).toEqual([
      [`${prompt}there was`, "stop"],
      [`${prompt}a wolf`, "length"],
    ]);
    expect(sent()).toMatchObject({ n: 2 });
    expect(sent()).not.toHaveProperty("echo");
  });

  test("tells probabilities in the form of its time", async () => {
    const content = [
      { token: "näh", logprob: -0.5, bytes: null, top_logprobs: [{ token: "näh", logprob: -0.5, bytes: null }] },
      { token: "🐺", logprob: -1, bytes: null, top_logprobs: [] },
      { token: "!", logprob: -2, bytes: null, top_logprobs: [] },
    ];
    const choice = { index: 0, message: { role: "assistant", content: "näh🐺!" }, finish_reason: "stop" };
    const { client, sent } = setUp(() => ({
      body: chatAnswer("", { choices: [{ ...choice, logprobs: { content, refusal: null } }] }),
    }));
    const answer = await client.completions.create({ model, prompt, logprobs: 1 });
    expect(sent()).toMatchObject({ logprobs: true, top_logprobs: 1 });
    expect(answer.choices[0]?.logprobs).toEqual({
      tokens: ["näh", "🐺", "!"],
      token_logprobs: [-0.5, -1, -2],
      top_logprobs: [{ näh: -0.5 }, {}, {}],
      text_offset: [0, 3, 4],
    });
  });

  test("what a server knows and nobody here goes on to a server of the same words, and is named elsewhere", async () => {
    const extra = { min_p: 0.1, guided_regex: "[a-z]+" };
    const house = setUp(() => ({ body: chatAnswer("x") }));
    expect((await house.post({ model: "house/m", prompt, ...extra })).headers.has("x-llm-gateway-dropped")).toBe(false);
    expect(house.sent()).toMatchObject(extra);
    const other = setUp(() => ({
      body: { candidates: [{ content: { parts: [{ text: "x" }] }, finishReason: "STOP" }] },
    }));
    const answer = await other.post({ model: "gemini/gemini-2.5-flash", prompt, ...extra });
    const dropped = answer.headers.get("x-llm-gateway-dropped");
    expect(dropped?.split(", ").toSorted()).toEqual(["guided_regex", "min_p"]);
  });

  test("a refusal is text, and ends as the provider says", async () => {
    const message = { role: "assistant", content: null, refusal: "I can't." };
    const { client } = setUp(() => ({
      body: chatAnswer("", { choices: [{ index: 0, message, finish_reason: "content_filter" }] }),
    }));
    const { choices } = await client.completions.create({ model, prompt });
    expect(choices).toEqual([{ text: "I can't.", index: 0, logprobs: null, finish_reason: "content_filter" }]);
  });
});

describe("a stream", () => {
  test("comes piece by piece, and tells usage where it is asked for", async () => {
    const { client, sent } = setUp(() => ({ body: chatStream("there ", "was") }));
    const options = { model, prompt, stream: true, stream_options: { include_usage: true } } as const;
    const chunks = await readAll(await client.completions.create(options));
    const piece = (text: string, finish_reason: string | null = null) => ({
      ...head,
      choices: [{ text, index: 0, logprobs: null, finish_reason }],
      usage: null,
    });
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    expect(chunks).toEqual([piece("there "), piece("was"), piece("", "stop"), { ...head, choices: [], usage }]);
    expect(sent()).toMatchObject({ stream: true });
  });

  test("says nothing of usage otherwise, and ends with its mark", async () => {
    const { post } = setUp(() => ({ body: messagesStream("there ", "was") }));
    const response = await post({ model: claude, prompt, stream: true });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const text = await response.text();
    expect(text).not.toContain("usage");
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("tells the prompt again before each choice, also one that says nothing", async () => {
    const choice = (index: number, delta: object, finish_reason: string | null = null) =>
      chatChunk({}, null, { choices: [{ index, delta, finish_reason }] });
    const frames = [
      chatChunk({ role: "assistant", content: "" }),
      choice(1, { content: "b" }),
      choice(1, {}, "stop"),
      choice(0, {}, "stop"),
      chatUsage,
      "data: [DONE]\n\n",
    ];
    const { client } = setUp(() => ({ body: frames }));
    const chunks = await readAll(await client.completions.create({ model, prompt, n: 2, echo: true, stream: true }));
    const texts = chunks.flatMap(({ choices }) => choices.map(({ index, text }) => [index, text]));
    const textOf = (wanted: number): string =>
      texts.flatMap(([index, text]) => (index === wanted ? text : [])).join("");
    expect([textOf(0), textOf(1)]).toEqual([prompt, `${prompt}b`]);
  });

  test("counts the places of its probabilities on", async () => {
    const piece = (token: string) => ({
      choices: [
        {
          index: 0,
          delta: { content: token },
          logprobs: { content: [{ token, logprob: -1, bytes: null, top_logprobs: [] }], refusal: null },
          finish_reason: null,
        },
      ],
    });
    const frames = [chatChunk({}, null, piece("🐺a")), chatChunk({}, null, piece("b")), ...chatStream().slice(1)];
    const { client } = setUp(() => ({ body: frames }));
    const chunks = await readAll(await client.completions.create({ model, prompt, logprobs: 0, stream: true }));
    const offsets = chunks.flatMap(({ choices }) => choices[0]?.logprobs?.text_offset ?? []);
    expect(offsets).toEqual([0, 2]);
  });

  test("that breaks off is an error, never an end", async () => {
    const { client } = setUp(() => ({ body: chatStream("there ", "was").slice(0, 2) }));
    const stream = await client.completions.create({ model, prompt, stream: true });
    await expect(readAll(stream)).rejects.toThrow(APIError);
  });
});

describe("the stages see it", () => {
  const deny: GatewayOptions = {
    stages: (defaults) => [guardrail({ rules: [denyPatterns({ patterns: [/wolf/] })] }), ...defaults],
  };

  test("a guardrail blocks its prompt", async () => {
    const { post, transport } = setUp(() => ({ body: chatAnswer("x") }), deny);
    const response = await post({ model, prompt: "The wolf" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "content_filter" } });
    expect(transport.requests).toHaveLength(0);
  });
});

describe("is refused with what to do instead", () => {
  test.each<[string, object, string]>([
    ["no prompt", {}, "prompt"],
    ["an empty prompt", { prompt: "" }, "prompt"],
    ["a prompt of another kind", { prompt: { text: "x" } }, "prompt"],
    ["an empty list", { prompt: [] }, "prompt"],
    ["several prompts", { prompt: ["a", "b"] }, "prompt"],
    ["tokens", { prompt: [1, 2] }, "prompt"],
    ["lists of tokens", { prompt: [[1, 2]] }, "prompt"],
    ["a suffix", { prompt, suffix: "The end." }, "suffix"],
    ["a choice among more", { prompt, best_of: 3, n: 1 }, "best_of"],
    ["an echo with probabilities", { prompt, echo: true, logprobs: 1 }, "echo"],
    ["an echo that is no yes or no", { prompt, echo: "yes" }, "echo"],
    ["messages", { messages: [{ role: "user", content: "x" }] }, "messages"],
    ["tools", { prompt, tools: [{ type: "function", function: { name: "f" } }] }, "tools"],
    ["a temperature that cannot be", { prompt, temperature: 3 }, "temperature"],
    ["an address to go to", { prompt, api_base: "http://evil.test" }, "api_base"],
  ])("%s", async (_what, body, param) => {
    const { post, transport } = setUp(() => ({ body: chatAnswer("x") }));
    const response = await post({ model, ...body });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { param: string; message: string } };
    expect(error.param).toBe(param);
    expect(error.message).toContain(`\`${param}\``);
    expect(transport.requests).toHaveLength(0);
  });
});

describe.skipIf(!present)("recorded requests (skipped where they are absent)", () => {
  const found = allRecordings.flatMap(({ dir, dialect, request }) =>
    dialect === "openai-completions" && request !== undefined ? [[dir, request.body] as const] : [],
  );

  test("are there", () => {
    expect(found.length).toBeGreaterThan(3);
  });

  test.each(found)("%s is read without a loss", (_name, body) => {
    const { messages, extras, ...settings } = openaiCompletions.decodeRequest(body);
    expect(messages).toEqual([{ role: "user", parts: [{ type: "text", text: [body["prompt"]].flat()[0] }] }]);
    expect(extras).toBeUndefined();
    const kept = Object.values(settings).length;
    // Dialect and operation are added; the prompt, what is null and what limits nothing leave no setting.
    const said = Object.entries(body).filter(([field, value]) => value !== null && field !== "prompt");
    expect(kept).toBe(said.length + 2 + (body["stream"] === undefined ? 1 : 0));
  });
});
