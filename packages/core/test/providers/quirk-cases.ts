import type { FakeAnswer } from "../../src/testing/index.ts";
import { chatAnswer as chat, chatStream } from "../../src/testing/wire.ts";
import { messagesAnswer, responsesAnswer } from "./ask.ts";

/** What shows how a provider differs: what is asked, what it is sent of it, and what is made of its answer. */
export interface QuirkCase {
  readonly shows: string;
  /** What the client asks, beside a greeting. */
  readonly asks?: Readonly<Record<string, unknown>>;
  /** Fields of what is sent; `undefined` for those that must not be. */
  readonly sends?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where it is sent. @default chat completions at the row's address */
  readonly url?: string;
  readonly answer?: FakeAnswer;
  /** Of the answer as the client gets it. */
  readonly says?: object | string;
  readonly model?: string;
  /** The request is refused, and nothing is sent. */
  readonly isRefused?: true;
  /** The client's dialect. @default "chat" */
  readonly front?: "chat" | "messages" | "embeddings";
}

const tool = { type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } };
const parts = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];
const strings = [{ role: "user", content: "Hello" }];
const call = { id: "call_1", type: "function", function: { name: "f", arguments: "{}" } };
const toolTurn = [
  { role: "user", content: "Hello" },
  { role: "assistant", content: "", tool_calls: [call] },
  { role: "tool", tool_call_id: "call_1", content: "1" },
];

const answering = (message: object): FakeAnswer => ({
  body: chat("", { choices: [{ index: 0, message, finish_reason: "stop" }] }),
});
const marked: FakeAnswer = { body: chatStream("Hello") };
const unmarked: FakeAnswer = { body: chatStream("Hello").slice(0, -1) };

/** Where nothing is known to differ: old names, and streams that need no mark at their end. */
const plain: QuirkCase = {
  shows: "takes a stream that ends without [DONE], and is asked in the words that all of them know",
  asks: {
    messages: [{ role: "developer", content: "Be brief." }, ...strings],
    max_completion_tokens: 9,
    stream: true,
  },
  sends: {
    messages: [{ role: "system", content: "Be brief." }, ...strings],
    max_tokens: 9,
    max_completion_tokens: undefined,
    stream_options: { include_usage: true },
  },
  answer: unmarked,
  says: "[DONE]",
};

const eitherLimit: QuirkCase = {
  shows: "takes the limit of an answer under both of its names, as it was written",
  asks: { max_tokens: 9, stream: true },
  sends: { max_tokens: 9, max_completion_tokens: undefined },
  answer: unmarked,
  says: "[DONE]",
};

const thinkingSwitch: QuirkCase = {
  shows: "switches thinking on by an object",
  asks: { reasoning_effort: "high" },
  sends: { thinking: { type: "enabled" } },
};

const sentReasoning: QuirkCase = {
  shows: "gets its reasoning back in the field it has it in",
  asks: { messages: [...strings, { role: "assistant", content: "1", reasoning: "Hm." }, ...strings] },
  sends: { messages: [...strings, { role: "assistant", content: "1", reasoning_content: "Hm." }, ...strings] },
};

/** One for each row of the table, by its id. */
export const quirkCases: Readonly<Record<string, QuirkCase>> = {
  mistral: {
    shows: "has other words for tools that must be called and for the seed, and a lower temperature",
    asks: { tools: [tool], tool_choice: "required", seed: 7, temperature: 2, stream: true },
    sends: { tool_choice: "any", random_seed: 7, seed: undefined, temperature: 1.5, stream_options: undefined },
    answer: marked,
    says: "[DONE]",
  },
  groq: {
    shows: "refuses names on messages, and null",
    asks: { messages: [{ role: "user", content: "Hello", name: "ada" }], stop: null },
    sends: { messages: strings, stop: undefined },
  },
  deepseek: {
    shows: "takes texts alone as content, and wants the reasoning of turns that called tools",
    asks: { messages: [...parts, ...toolTurn.slice(1)] },
    sends: { messages: [...strings, { role: "assistant", reasoning_content: "" }, { role: "tool" }] },
  },
  xai: {
    shows: "has models that reason and take no penalties",
    model: "grok-4",
    asks: { presence_penalty: 1, max_tokens: 9 },
    sends: { presence_penalty: undefined },
  },
  openrouter: {
    shows: "is told by an object how hard to think, and keeps marks for its cache",
    asks: {
      messages: [{ role: "user", content: [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }] }],
      reasoning_effort: "high",
    },
    sends: {
      messages: [{ content: [{ cache_control: { type: "ephemeral" } }] }],
      reasoning: { effort: "high" },
      reasoning_effort: undefined,
    },
  },
  together: {
    shows: "is not asked for logprobs, which have another form there",
    asks: { logprobs: true },
    isRefused: true,
    says: { error: { param: "logprobs" } },
  },
  fireworks: {
    shows: "has another word for tools that must be called",
    asks: { tools: [tool], tool_choice: "required" },
    sends: { tool_choice: "any" },
  },
  cerebras: eitherLimit,
  perplexity: {
    shows: "thinks between tags in its text",
    answer: answering({ role: "assistant", content: "<think>Hm.</think>Hello" }),
    says: { choices: [{ message: { content: "Hello", reasoning_content: "Hm." } }] },
  },
  moonshot: {
    shows: "takes a temperature of 1 at most",
    asks: { temperature: 2 },
    sends: { temperature: 1 },
  },
  zai: thinkingSwitch,
  alibaba: {
    shows: "switches thinking on by a flag",
    asks: { reasoning_effort: "high" },
    sends: { enable_thinking: true, reasoning_effort: undefined },
  },
  minimax: {
    shows: "says with status 200 that it failed",
    answer: { body: { base_resp: { status_code: 1008, status_msg: "insufficient balance" } } },
    says: { error: { code: "upstream_quota_exhausted" } },
  },
  volcengine: thinkingSwitch,
  nvidia: plain,
  deepinfra: plain,
  sambanova: plain,
  huggingface: plain,
  novita: plain,
  hyperbolic: plain,
  baseten: plain,
  friendli: plain,
  nscale: plain,
  lambda: plain,
  scaleway: plain,
  venice: {
    shows: "ends its streams with [DONE]: one without it was cut",
    asks: { stream: true },
    answer: unmarked,
    says: "upstream_stream_truncated",
  },
  ai21: plain,
  "meta-llama": plain,
  voyage: {
    shows: "makes embeddings, and has names of its own for their settings",
    front: "embeddings",
    asks: { input: "Hello", dimensions: 256, input_type: "query", encoding_format: "base64" },
    sends: {
      input: "Hello",
      output_dimension: 256,
      input_type: "query",
      dimensions: undefined,
      encoding_format: undefined,
    },
    url: "https://api.voyageai.com/v1/embeddings",
    answer: { body: JSON.stringify({ data: [{ embedding: [1], index: 0 }], usage: { total_tokens: 2 } }) },
    says: { data: [{ embedding: "AACAPw==" }], usage: { prompt_tokens: 2 } },
  },
  cohere: {
    shows: "speaks a dialect of its own",
    asks: { top_p: 0.5 },
    sends: { p: 0.5 },
    url: "https://api.cohere.com/v2/chat",
    answer: {
      body: {
        id: "1",
        finish_reason: "COMPLETE",
        message: { role: "assistant", content: [{ type: "text", text: "Hi" }] },
      },
    },
    says: { choices: [{ message: { content: "Hi" } }] },
  },
  github: plain,
  crusoe: plain,
  doubleword: sentReasoning,
  nebius: plain,
  ovhcloud: plain,
  inception: plain,
  publicai: {
    shows: "takes texts alone as content",
    asks: { messages: parts },
    sends: { messages: strings },
  },
  "azure-anthropic": {
    shows: "speaks Claude's dialect, at the resource's own address",
    url: "https://acme.services.ai.azure.com/anthropic/v1/messages",
    headers: { "x-api-key": "canary", "anthropic-version": "2023-06-01" },
    answer: messagesAnswer,
    says: { choices: [{ message: { content: "Hello" } }] },
  },
  "azure-inference": {
    shows: "wants its version in the address",
    url: "https://acme.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
    headers: { "api-key": "canary" },
  },
  "bedrock-mantle": {
    shows: "has its newer models behind another dialect, at another place",
    model: "openai.gpt-5.6-luna",
    url: "https://bedrock-mantle.acme.api.aws/openai/v1/responses",
    answer: responsesAnswer,
    says: { choices: [{ message: { content: "Hello" } }] },
  },
  cloudflare: {
    shows: "answers with an object where JSON was asked for",
    front: "messages",
    asks: { max_tokens: 9 },
    answer: answering({ role: "assistant", content: { a: "b" } }),
    url: "https://api.cloudflare.com/client/v4/accounts/acme/ai/v1/chat/completions",
    says: { content: [{ type: "text", text: '{"a":"b"}' }] },
  },
  databricks: {
    shows: "states usage unasked, and refuses to be asked",
    asks: { stream: true, stream_options: { include_usage: true } },
    sends: { stream_options: undefined },
    url: "https://acme/serving-endpoints/chat/completions",
    answer: marked,
    says: "[DONE]",
  },
  snowflake: {
    shows: "is told by an object how hard to think",
    asks: { reasoning_effort: "low", max_tokens: 9 },
    sends: { reasoning: { effort: "low" }, max_completion_tokens: 9 },
    url: "https://acme.snowflakecomputing.com/api/v2/cortex/v1/chat/completions",
  },
  heroku: {
    shows: "takes a temperature of 1 at most",
    asks: { temperature: 2 },
    sends: { temperature: 1 },
  },
  portkey: {
    shows: "is shown its key in a header of its own",
    headers: { "x-portkey-api-key": "canary" },
    model: "@openai-prod/gpt-5-mini",
    sends: { model: "@openai-prod/gpt-5-mini" },
  },
  vercel: plain,
  tokenmix: plain,
  gmi: plain,
  ollama: {
    shows: "speaks a dialect of its own",
    asks: { max_tokens: 9 },
    sends: { options: { num_predict: 9 }, max_tokens: undefined },
    url: "http://127.0.0.1:11434/api/chat",
    answer: { body: { model: "m", done: true, done_reason: "stop", message: { role: "assistant", content: "Hi" } } },
    says: { choices: [{ message: { content: "Hi" } }] },
  },
  vllm: {
    shows: "refuses null",
    asks: { stop: null, seed: null, max_tokens: 9 },
    sends: { stop: undefined, seed: undefined, max_tokens: 9 },
  },
  llamacpp: plain,
  lmstudio: plain,
  mistralrs: sentReasoning,
  gpustack: sentReasoning,
  sglang: plain,
  litellm: {
    shows: "keeps marks for the cache of whoever is behind it",
    asks: {
      messages: [{ role: "user", content: [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }] }],
    },
    sends: { messages: [{ content: [{ cache_control: { type: "ephemeral" } }] }] },
  },
};
