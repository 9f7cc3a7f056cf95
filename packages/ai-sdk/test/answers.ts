/** Answers of providers, written by hand, that make a model of theirs think and call tools. */

interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

const chat = { id: "chatcmpl-1", created: 1_700_000_000, model: "gpt-test-2026" };

/** OpenAI calls tools. */
export const openaiCalls = (...calls: readonly Call[]): object => ({
  ...chat,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: null,
        tool_calls: calls.map(({ id, ...fields }) => ({ id, type: "function", function: fields })),
      },
      finish_reason: "tool_calls",
    },
  ],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
});

const named = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-test-2026" };

export const thinking = { type: "thinking", thinking: "It may rain.", signature: "c2lnbmVk" };
export const redacted = { type: "redacted_thinking", data: "c2VjcmV0" };
const toolUse = { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Rome" } };

/** Claude thinks, some of it in secret, and calls a tool. */
export const claudeCalls: object = {
  ...message,
  content: [thinking, redacted, { type: "text", text: "Let me look." }, toolUse],
  stop_reason: "tool_use",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 20 },
};

const block = (index: number, start: object, ...deltas: readonly object[]): readonly string[] => [
  named("content_block_start", { index, content_block: start }),
  ...deltas.map((delta) => named("content_block_delta", { index, delta })),
  named("content_block_stop", { index }),
];

/** The same as a stream. */
export const claudeCallsStream: readonly string[] = [
  named("message_start", {
    message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } },
  }),
  ...block(
    0,
    { type: "thinking", thinking: "", signature: "" },
    { type: "thinking_delta", thinking: "It may " },
    { type: "thinking_delta", thinking: "rain." },
    { type: "signature_delta", signature: thinking.signature },
  ),
  ...block(1, redacted),
  ...block(2, { type: "text", text: "" }, { type: "text_delta", text: "Let me look." }),
  ...block(
    3,
    { ...toolUse, input: {} },
    { type: "input_json_delta", partial_json: '{"city":' },
    { type: "input_json_delta", partial_json: '"Rome"}' },
  ),
  named("message_delta", { delta: { stop_reason: "tool_use", stop_sequence: null }, usage: { output_tokens: 20 } }),
  named("message_stop", {}),
];

const geminiAnswer = (parts: readonly object[]): object => ({
  candidates: [{ index: 0, content: { role: "model", parts }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 3, totalTokenCount: 18 },
  modelVersion: "gemini-test-2026",
  responseId: "gemini-1",
});

/** Gemini calls a tool, and signs the call. */
export const geminiCalls: object = geminiAnswer([
  { functionCall: { id: "g-1", name: "weather", args: { city: "Rome" } }, thoughtSignature: "c2lnbmVk" },
]);

export const geminiSays = (text: string): object => geminiAnswer([{ text }]);
