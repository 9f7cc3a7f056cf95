import type { Json } from "../../src/dialects/dialect.ts";
import type { Answer, Piece } from "./arbitrary-answer.ts";
import { chopped } from "./chopped.ts";

const endings = {
  stop: "COMPLETE",
  length: "MAX_TOKENS",
  tool_calls: "TOOL_CALL",
  content_filter: "ERROR_TOXIC",
  error: "ERROR",
};

const endOf = ({ finishReason, usage }: Answer): object => ({
  finish_reason: endings[finishReason],
  usage: {
    tokens: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      ...(usage.reasoningTokens === undefined ? {} : { reasoning_tokens: usage.reasoningTokens }),
    },
    ...(usage.cacheReadTokens === undefined ? {} : { cached_tokens: usage.cacheReadTokens }),
  },
});

const contentOf = (piece: Exclude<Piece, { type: "call" }>, text: string): object =>
  piece.type === "text" ? { type: "text", text } : { type: "thinking", thinking: text };

const callOf = ({ id, name }: Extract<Piece, { type: "call" }>, text: string): object => ({
  id,
  type: "function",
  function: { name, arguments: text },
});

/** A whole answer of Cohere's. */
export const writeCohere = (answer: Answer): string =>
  JSON.stringify({
    id: answer.id,
    message: {
      role: "assistant",
      content: answer.pieces.flatMap((piece) => (piece.type === "call" ? [] : [contentOf(piece, piece.text)])),
      tool_calls: answer.pieces.flatMap((piece) => (piece.type === "call" ? [callOf(piece, piece.arguments)] : [])),
    },
    ...endOf(answer),
  });

/** The same in pieces. */
export const streamCohere = (answer: Answer, where: readonly number[]): string => {
  const events: (Json & { readonly type: string })[] = [{ type: "message-start", id: answer.id }];
  answer.pieces.forEach((piece, index) => {
    const add = (type: string, message?: object): void => void events.push({ type, index, delta: { message } });
    if (piece.type === "call") {
      add("tool-call-start", { tool_calls: callOf(piece, "") });
      for (const text of chopped(piece.arguments, where)) {
        add("tool-call-delta", { tool_calls: { function: { arguments: text } } });
      }
      add("tool-call-end");
      return;
    }
    add("content-start", { content: contentOf(piece, "") });
    for (const text of chopped(piece.text, where)) add("content-delta", { content: contentOf(piece, text) });
    add("content-end");
  });
  events.push({ type: "message-end", delta: endOf(answer) });
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
};
