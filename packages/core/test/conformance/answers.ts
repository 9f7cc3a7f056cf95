import type { FakeAnswer } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, chatUsage } from "../../src/testing/wire.ts";
import { awsEvent } from "../aws-message.ts";

/** Answers as the providers give them: whole ones from a message, streamed ones from the frames between start and end. */

export const chatMessage = (message: object, finishReason = "stop", more: object = {}): FakeAnswer => ({
  body: chatAnswer("", {
    choices: [{ index: 0, message: { role: "assistant", content: null, ...message }, finish_reason: finishReason }],
    ...more,
  }),
});

/** Chat deltas, the reason of the end, usage and the end mark. */
export const chatDeltas = (deltas: readonly object[], finishReason = "stop"): FakeAnswer => ({
  body: [...deltas.map((delta) => chatChunk(delta)), chatChunk({}, finishReason), chatUsage, "data: [DONE]\n\n"],
});

export const chatCall = (id: string, name: string, args: string): object => ({
  id,
  type: "function",
  function: { name, arguments: args },
});

export const claudeMessage = (content: readonly object[], stopReason = "end_turn", more: object = {}): FakeAnswer => ({
  body: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-test",
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
    ...more,
  },
});

const claudeFrame = (type: string, data: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

/** A block of a streamed message: how it starts, and its deltas. */
export const claudeBlock = (index: number, block: object, ...deltas: readonly object[]): readonly string[] => [
  claudeFrame("content_block_start", { index, content_block: block }),
  ...deltas.map((delta) => claudeFrame("content_block_delta", { index, delta })),
  claudeFrame("content_block_stop", { index }),
];

export const claudeStream = (
  frames: readonly string[],
  stopReason = "end_turn",
  {
    start = {},
    end = {},
    delta = {},
  }: { readonly start?: object; readonly end?: object; readonly delta?: object } = {},
): FakeAnswer => ({
  body: [
    claudeFrame("message_start", {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-test",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 10, output_tokens: 1, ...start },
      },
    }),
    ...frames,
    claudeFrame("message_delta", {
      delta: { stop_reason: stopReason, stop_sequence: null, ...delta },
      usage: { output_tokens: 5, ...end },
    }),
    claudeFrame("message_stop", {}),
  ],
});

export const claudeError = (type: string): string => claudeFrame("error", { error: { type, message: "It failed." } });

export const claudePing: string = claudeFrame("ping", {});

const geminiCandidate = (parts: readonly object[] | undefined, finishReason?: string): object => ({
  ...(parts === undefined ? {} : { content: { role: "model", parts } }),
  ...(finishReason === undefined ? {} : { finishReason }),
  index: 0,
});

const geminiUsage = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };

export const geminiAnswer = (
  parts: readonly object[] | undefined,
  finishReason = "STOP",
  more: object = {},
): FakeAnswer => ({
  body: { candidates: [geminiCandidate(parts, finishReason)], usageMetadata: geminiUsage, modelVersion: "g", ...more },
});

/** One chunk for each list of parts; the last one says why it ends. Lines end as they do in practice. */
export const geminiStream = (
  chunks: readonly (readonly object[])[],
  finishReason = "STOP",
  usages: readonly object[] = [],
): FakeAnswer => ({
  body: chunks.map((parts, index) => {
    const isLast = index === chunks.length - 1;
    const candidates = [geminiCandidate(parts, isLast ? finishReason : undefined)];
    const usageMetadata = usages[index] ?? (isLast ? geminiUsage : undefined);
    return `data: ${JSON.stringify({ candidates, usageMetadata, modelVersion: "g", responseId: "r" })}\r\n\r\n`;
  }),
});

export const converseAnswer = (content: readonly object[], stopReason = "end_turn", more: object = {}): FakeAnswer => ({
  body: {
    output: { message: { role: "assistant", content } },
    stopReason,
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
    ...more,
  },
});

const binary = { "content-type": "application/vnd.amazon.eventstream" };

/** Events of a streamed answer between its start and its stop. */
export const converseStream = (
  events: readonly (readonly [type: string, payload: object])[],
  stopReason = "end_turn",
): FakeAnswer => ({
  headers: binary,
  body: [
    awsEvent("messageStart", { role: "assistant" }),
    ...events.map(([type, payload]) => awsEvent(type, payload)),
    awsEvent("messageStop", { stopReason }),
    awsEvent("metadata", { usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }),
  ],
});

export const cohereAnswer = (message: object, finishReason = "COMPLETE", more: object = {}): FakeAnswer => ({
  body: {
    id: "c1",
    message: { role: "assistant", ...message },
    finish_reason: finishReason,
    usage: { tokens: { input_tokens: 10, output_tokens: 5 } },
    ...more,
  },
});

export const ollamaAnswer = (message: object, more: object = {}): FakeAnswer => ({
  body: {
    model: "llama3.2",
    message: { role: "assistant", content: "", ...message },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 10,
    eval_count: 5,
    ...more,
  },
});
