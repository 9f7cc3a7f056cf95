import { awsEvent } from "../aws-message.ts";
import type { Answer, Piece } from "./arbitrary-answer.ts";
import { chopped } from "./chopped.ts";

const endings = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
  error: "malformed_model_output",
};

const usageOf = ({ usage }: Answer): object => {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return {
    inputTokens: inputTokens - (cacheReadTokens ?? 0) - (cacheWriteTokens ?? 0),
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cacheReadTokens === undefined ? {} : { cacheReadInputTokens: cacheReadTokens }),
    ...(cacheWriteTokens === undefined ? {} : { cacheWriteInputTokens: cacheWriteTokens }),
  };
};

const blockOf = (piece: Piece): object => {
  switch (piece.type) {
    case "text":
      return { text: piece.text };
    case "reasoning":
      return { reasoningContent: { reasoningText: { text: piece.text } } };
    case "call": {
      const { id, name, arguments: written } = piece;
      return { toolUse: { toolUseId: id, name, input: JSON.parse(written) as unknown } };
    }
  }
};

/** A whole answer of Bedrock's. */
export const writeConverse = (answer: Answer): string =>
  JSON.stringify({
    output: { message: { role: "assistant", content: answer.pieces.map(blockOf) } },
    stopReason: endings[answer.finishReason],
    usage: usageOf(answer),
    metrics: { latencyMs: 1 },
  });

const eventsOfPiece = (piece: Piece, contentBlockIndex: number, where: readonly number[]): readonly Buffer[] => {
  const delta = (value: object): Buffer => awsEvent("contentBlockDelta", { contentBlockIndex, delta: value });
  const stop = awsEvent("contentBlockStop", { contentBlockIndex });
  switch (piece.type) {
    case "text":
      return [...chopped(piece.text, where).map((text) => delta({ text })), stop];
    case "reasoning":
      return [...chopped(piece.text, where).map((text) => delta({ reasoningContent: { text } })), stop];
    case "call": {
      const start = { toolUse: { toolUseId: piece.id, name: piece.name } };
      const pieces = chopped(piece.arguments, where).map((input) => delta({ toolUse: { input } }));
      return [awsEvent("contentBlockStart", { contentBlockIndex, start }), ...pieces, stop];
    }
  }
};

/** The same in frames. */
export const streamConverse = (answer: Answer, where: readonly number[]): Buffer =>
  Buffer.concat([
    awsEvent("messageStart", { role: "assistant" }),
    ...answer.pieces.flatMap((piece, index) => eventsOfPiece(piece, index, where)),
    awsEvent("messageStop", { stopReason: endings[answer.finishReason] }),
    awsEvent("metadata", { usage: usageOf(answer), metrics: { latencyMs: 1 } }),
  ]);
