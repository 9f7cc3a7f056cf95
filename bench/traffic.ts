/** Requests and answers of the benchmark: about 1 KB whole, 100 events of about 300 bytes streamed. */

const sentence = "The quick brown fox jumps over the lazy dog and goes home before it rains. ";
const text = sentence.repeat(8);

const eventCount = 100;

export const chatBody = (model: string, stream: boolean): string =>
  JSON.stringify({
    model,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    messages: [
      { role: "system", content: "You are a helpful assistant who answers in plain words." },
      { role: "user", content: sentence },
    ],
    temperature: 0.7,
  });

export const anthropicBody = (model: string, stream: boolean): string =>
  JSON.stringify({ model, stream, max_tokens: 1000, messages: [{ role: "user", content: sentence }] });

const usage = { prompt_tokens: 40, completion_tokens: 160, total_tokens: 200 };

export const chatAnswer: string = JSON.stringify({
  id: "chatcmpl-bench",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "bench-2026-01-01",
  choices: [
    { index: 0, message: { role: "assistant", content: text, refusal: null }, logprobs: null, finish_reason: "stop" },
  ],
  usage: { ...usage, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } },
  service_tier: "default",
  system_fingerprint: "fp_bench",
});

const chunk = (delta: object, finishReason: string | null): string =>
  `data: ${JSON.stringify({
    id: "chatcmpl-bench-0123456789abcdef",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "bench-2026-01-01",
    service_tier: "default",
    system_fingerprint: "fp_bench",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
    obfuscation: "x".repeat(40),
  })}\n\n`;

export const chatStream: string =
  chunk({ role: "assistant", content: "", refusal: null }, null) +
  Array.from({ length: eventCount }, (_, index) => chunk({ content: ` word${index}` }, null)).join("") +
  chunk({}, "stop") +
  `data: ${JSON.stringify({ id: "chatcmpl-bench-0123456789abcdef", object: "chat.completion.chunk", created: 1_700_000_000, model: "bench-2026-01-01", choices: [], usage })}\n\n` +
  "data: [DONE]\n\n";

export const anthropicAnswer: string = JSON.stringify({
  id: "msg_bench",
  type: "message",
  role: "assistant",
  model: "bench-2026-01-01",
  content: [{ type: "text", text }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 40, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 160 },
});

const named = (event: { readonly type: string }): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

export const anthropicStream: string = [
  {
    type: "message_start",
    message: {
      id: "msg_bench",
      type: "message",
      role: "assistant",
      model: "bench-2026-01-01",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 40, output_tokens: 1 },
    },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "ping" },
  ...Array.from({ length: eventCount }, (_, index) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: ` word${index}` },
  })),
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 160 } },
  { type: "message_stop" },
]
  .map(named)
  .join("");
