import type { Json } from "../../src/dialects/dialect.ts";
import { objectIn } from "../../src/dialects/fields.ts";
import { anthropic, gemini, openai, openaiCompatible, provider, type Provider } from "../../src/index.ts";
import { chatAnswer, chatChunk } from "../../src/testing/wire.ts";
import { listIn } from "./fronts.ts";

/** A provider that answers with reasoning and two tool calls, and wants back what proves them. */
export interface Back {
  readonly name: string;
  readonly provider: Provider;
  readonly model: string;
  readonly whole: object;
  readonly stream: readonly string[];
  /** What it must get back, byte for byte. */
  readonly proofs: readonly string[];
  /** What it got of the first turn, in the order in which it stands in its request. */
  readonly turnIn: (body: Json) => unknown;
  /** What it is to get. */
  readonly turn: unknown;
  readonly done: object;
}

const assistantIn = (body: Json): Json => listIn(body, "messages").find(({ role }) => role === "assistant") ?? {};

const event = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

const thinking = { type: "thinking", thinking: "Two cities.", signature: "EqQBCkYIChgC/claude+sig==" };
const redacted = { type: "redacted_thinking", data: "EmwKAhgB/claude+redacted==" };
const said = { type: "text", text: "Let me look." };
const use = (id: string, city: string) => ({ type: "tool_use", id, name: "weather", input: { city } });
const claudeContent = [thinking, redacted, said, use("toolu_1", "Rome"), use("toolu_2", "Oslo")];
const claudeHead = { id: "msg_1", type: "message", role: "assistant", model: "claude" };
const claudeUsage = { input_tokens: 5, output_tokens: 7 };

const claudeDeltas = (block: Json): readonly object[] => {
  switch (block["type"]) {
    case "thinking":
      return [
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking: "Two " },
        { type: "thinking_delta", thinking: "cities." },
        { type: "signature_delta", signature: block["signature"] },
      ];
    case "text":
      return [
        { type: "text", text: "" },
        { type: "text_delta", text: block["text"] },
      ];
    case "tool_use":
      return [
        { ...block, input: {} },
        { type: "input_json_delta", partial_json: JSON.stringify(block["input"]) },
      ];
    default:
      return [block];
  }
};

const claude: Back = {
  name: "anthropic",
  provider: anthropic({ apiKey: "k" }),
  model: "anthropic/claude-sonnet-4-5",
  whole: { ...claudeHead, content: claudeContent, stop_reason: "tool_use", stop_sequence: null, usage: claudeUsage },
  stream: [
    event("message_start", { message: { ...claudeHead, content: [], stop_reason: null, usage: claudeUsage } }),
    ...claudeContent.flatMap((block, index) => {
      const [start, ...deltas] = claudeDeltas(block);
      return [
        event("content_block_start", { index, content_block: start }),
        ...deltas.map((delta) => event("content_block_delta", { index, delta })),
        event("content_block_stop", { index }),
      ];
    }),
    event("message_delta", { delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 7 } }),
    event("message_stop", {}),
  ],
  proofs: [thinking.signature, redacted.data],
  turnIn: (body) => assistantIn(body)["content"],
  turn: claudeContent,
  done: { ...claudeHead, content: [{ type: "text", text: "ok" }], stop_reason: "end_turn", usage: claudeUsage },
};

const call = (id: string, city: string) => ({ functionCall: { id, name: "weather", args: { city } } });
const geminiParts = [
  { text: "Two cities.", thought: true },
  { text: "Let me look.", thoughtSignature: "Q3RleHQtc2lnbmF0dXJl" },
  { ...call("g1", "Rome"), thoughtSignature: "Q2NhbGwtc2lnbmF0dXJl" },
  call("g2", "Oslo"),
];
const geminiAnswer = (parts: readonly object[], finishReason?: string) => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...(finishReason && { finishReason }) }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 7, totalTokenCount: 12 },
  modelVersion: "gemini",
});

const google: Back = {
  name: "gemini",
  provider: gemini({ apiKey: "k", models: ["gemini-3-pro"] }),
  model: "gemini/gemini-3-pro",
  whole: geminiAnswer(geminiParts, "STOP"),
  stream: [
    ...geminiParts.map((part) => `data: ${JSON.stringify(geminiAnswer([part]))}\r\n\r\n`),
    `data: ${JSON.stringify(geminiAnswer([{ text: "" }], "STOP"))}\r\n\r\n`,
  ],
  proofs: ["Q3RleHQtc2lnbmF0dXJl", "Q2NhbGwtc2lnbmF0dXJl"],
  turnIn: (body) =>
    listIn(listIn(body, "contents").find(({ role }) => role === "model") ?? {}, "parts")
      .filter((part) => "functionCall" in part || "thoughtSignature" in part)
      .map((part) => [objectIn(objectIn(part, "functionCall") ?? {}, "args")?.["city"], part["thoughtSignature"]]),
  turn: [
    [undefined, "Q3RleHQtc2lnbmF0dXJl"],
    ["Rome", "Q2NhbGwtc2lnbmF0dXJl"],
    ["Oslo", undefined],
  ],
  done: geminiAnswer([{ text: "ok" }], "STOP"),
};

const reasoningItem = {
  id: "rs_1",
  type: "reasoning",
  summary: [{ type: "summary_text", text: "Two cities." }],
  encrypted_content: "gAAAAABo/openai_encrypted==",
};
const callItem = (id: string, city: string) => ({
  id: `fc_${id}`,
  type: "function_call",
  status: "completed",
  call_id: id,
  name: "weather",
  arguments: JSON.stringify({ city }),
});
const output = [reasoningItem, callItem("call_1", "Rome"), callItem("call_2", "Oslo")];
const response = (items: readonly object[], more: object = {}) => ({
  id: "resp_1",
  object: "response",
  created_at: 1_790_000_000,
  status: "completed",
  model: "gpt",
  output: items,
  usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
  ...more,
});

const responses: Back = {
  name: "openai-responses",
  provider: openai({ apiKey: "k", api: "responses" }),
  model: "openai/gpt-5-mini",
  whole: response(output),
  stream: [
    event("response.created", { response: response([], { status: "in_progress", usage: null }) }),
    event("response.output_item.added", {
      output_index: 0,
      item: { ...reasoningItem, summary: [], encrypted_content: "" },
    }),
    event("response.reasoning_summary_part.added", {
      output_index: 0,
      summary_index: 0,
      part: { type: "summary_text", text: "" },
    }),
    event("response.reasoning_summary_text.delta", { output_index: 0, summary_index: 0, delta: "Two cities." }),
    event("response.reasoning_summary_text.done", { output_index: 0, summary_index: 0, text: "Two cities." }),
    event("response.output_item.done", { output_index: 0, item: reasoningItem }),
    ...output
      .slice(1)
      .flatMap((item, index) => [
        event("response.output_item.added", { output_index: index + 1, item: { ...item, arguments: "" } }),
        event("response.output_item.done", { output_index: index + 1, item }),
      ]),
    event("response.completed", { response: response(output) }),
  ].map((text, index) => text.replace('"type"', `"sequence_number":${index},"type"`)),
  proofs: [reasoningItem.encrypted_content],
  turnIn: (body) =>
    listIn(body, "input")
      .filter(({ type }) => type === "reasoning" || type === "function_call")
      .map((item) => item["encrypted_content"] ?? item["arguments"]),
  turn: [reasoningItem.encrypted_content, '{"city":"Rome"}', '{"city":"Oslo"}'],
  done: response([
    {
      id: "msg_1",
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "ok", annotations: [] }],
    },
  ]),
};

const details = [
  {
    type: "reasoning.text",
    text: "Two cities.",
    signature: "or/claude+sig==",
    format: "anthropic-claude-v1",
    index: 0,
  },
];
const callOf = (id: string, city: string, index: number) => ({
  index,
  id,
  type: "function",
  function: { name: "weather", arguments: JSON.stringify({ city }) },
});
const toolCalls = [callOf("or_1", "Rome", 0), callOf("or_2", "Oslo", 1)];

const openrouter: Back = {
  name: "openrouter",
  provider: provider("openrouter", { apiKey: "k" }),
  model: "openrouter/anthropic/claude-sonnet-4.5",
  whole: chatAnswer("", {
    choices: [
      {
        index: 0,
        finish_reason: "tool_calls",
        message: {
          role: "assistant",
          content: null,
          reasoning: "Two cities.",
          reasoning_details: details,
          tool_calls: toolCalls,
        },
      },
    ],
  }),
  stream: [
    chatChunk({ role: "assistant", content: "", reasoning: "Two cities.", reasoning_details: details }),
    ...toolCalls.map((one) => chatChunk({ tool_calls: [one] })),
    chatChunk({}, "tool_calls"),
    "data: [DONE]\n\n",
  ],
  proofs: ["or/claude+sig=="],
  turnIn: (body) => {
    const turn = assistantIn(body);
    const seen = listIn(turn, "reasoning_details").map(({ text, signature, format }) => [text, signature, format]);
    return [seen, listIn(turn, "tool_calls").length];
  },
  turn: [[["Two cities.", "or/claude+sig==", "anthropic-claude-v1"]], 2],
  done: chatAnswer("ok"),
};

const signedCalls = toolCalls.map((one, index) =>
  index > 0 ? one : { ...one, extra_content: { google: { thought_signature: "Y29tcGF0LXNpZ25hdHVyZQ==" } } },
);

const compatible: Back = {
  name: "a chat server that signs its calls",
  provider: openaiCompatible({
    id: "signing",
    baseURL: "https://signing.example/v1",
    apiKey: "k",
    quirks: { thoughtSignatures: true },
  }),
  model: "signing/gemini-3-pro",
  whole: chatAnswer("", {
    choices: [
      { index: 0, finish_reason: "tool_calls", message: { role: "assistant", content: null, tool_calls: signedCalls } },
    ],
  }),
  stream: [
    chatChunk({ role: "assistant", content: "" }),
    ...signedCalls.map((one) => chatChunk({ tool_calls: [one] })),
    chatChunk({}, "tool_calls"),
    "data: [DONE]\n\n",
  ],
  proofs: ["Y29tcGF0LXNpZ25hdHVyZQ=="],
  turnIn: (body) =>
    listIn(assistantIn(body), "tool_calls").map(
      (one) => objectIn(objectIn(one, "extra_content") ?? {}, "google")?.["thought_signature"],
    ),
  turn: ["Y29tcGF0LXNpZ25hdHVyZQ==", undefined],
  done: chatAnswer("ok"),
};

export const backs = { claude, google, responses, openrouter, compatible } as const;

/** Others that read the same form of proofs, with an account of their own. */
const atAnotherAccount: readonly Back[] = [
  {
    ...google,
    name: "gemini of another account",
    provider: gemini({
      id: "gemini-eu",
      baseURL: "https://gemini.example/v1beta",
      apiKey: "k",
      models: ["gemini-3-pro"],
    }),
    model: "gemini-eu/gemini-3-pro",
  },
  {
    ...responses,
    name: "openai-responses of another account",
    provider: openai({ id: "openai-eu", baseURL: "https://openai.example/v1", apiKey: "k", api: "responses" }),
    model: "openai-eu/gpt-5-mini",
  },
];

/** Claude at another host, which reads what Claude signed anywhere. */
export const claudeElsewhere: Back = {
  ...claude,
  name: "anthropic at another host",
  provider: anthropic({ id: "anthropic-eu", baseURL: "https://claude.example/v1", apiKey: "k" }),
  model: "anthropic-eu/claude-sonnet-4-5",
};

/** A provider that issues nothing. */
const plainBack: Back = {
  ...compatible,
  name: "a plain chat server",
  provider: openaiCompatible({ id: "plain", baseURL: "https://plain.example/v1", apiKey: "k" }),
  model: "plain/m",
  proofs: [],
};

/** Everybody who may be asked. */
export const everybody: readonly Back[] = [
  ...Object.values<Back>(backs),
  ...atAnotherAccount,
  claudeElsewhere,
  plainBack,
];
