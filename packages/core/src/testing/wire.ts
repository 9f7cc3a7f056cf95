/** Small answers of providers, written by hand. */
export const chatAnswer = (text: string, more: object = {}): object => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "gpt-test-2026",
  choices: [{ index: 0, message: { role: "assistant", content: text, refusal: null }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  ...more,
});

export const chatChunk = (delta: object, finishReason: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "gpt-test-2026",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
    ...more,
  })}\n\n`;

export const chatUsage: string = `data: ${JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "gpt-test-2026",
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
})}\n\n`;

/** A streamed chat answer, one frame for each piece of text. */
export const chatStream = (...pieces: readonly string[]): string[] => [
  chatChunk({ role: "assistant", content: "" }),
  ...pieces.map((content) => chatChunk({ content })),
  chatChunk({}, "stop"),
  chatUsage,
  "data: [DONE]\n\n",
];

export const messagesAnswer = (text: string): object => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-test-2026",
  content: [{ type: "text", text }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
});

const named = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

/** A streamed messages answer. */
export const messagesStream = (...pieces: readonly string[]): string[] => [
  named("message_start", {
    message: { ...messagesAnswer(""), content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } },
  }),
  named("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  ...pieces.map((text) => named("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
  named("content_block_stop", { index: 0 }),
  named("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 5 } }),
  named("message_stop", {}),
];
