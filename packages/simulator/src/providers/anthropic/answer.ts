import type { JsonRecord } from "../../json.ts";
import type { Answer, Choice, ToolCall } from "../../model/answer.ts";
import { callInput } from "../../model/call-input.ts";
import { createDice } from "../../model/dice.ts";
import { onlyChoice } from "../../model/only-choice.ts";
import type { Signer } from "../../model/signature.ts";
import { splitPieces } from "../../model/tokens.ts";
import type { Piece, PieceRole } from "../../wire/plan.ts";
import type { AnthropicRequest } from "./request.ts";

/** A content block, and the pieces it is streamed in. */
interface WrittenBlock {
  readonly whole: object;
  readonly start: object;
  readonly deltas: readonly object[];
}

const tokensPerDelta = 3;

const piecesOf = (text: string): readonly string[] => splitPieces(text, tokensPerDelta);

const thinkingBlock = (request: AnthropicRequest, reasoning: string, signer: Signer): WrittenBlock => {
  if (request.display === "redacted") {
    const whole = { type: "redacted_thinking", data: signer.sign(reasoning, "redacted") };
    return { whole, start: whole, deltas: [] };
  }
  const thinking = request.display === "omitted" ? "" : reasoning;
  const signature = signer.sign(reasoning, thinking);
  return {
    whole: { type: "thinking", thinking, signature },
    start: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...piecesOf(thinking).map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature },
    ],
  };
};

const toolBlock = (answer: Answer, call: ToolCall, index: number): WrittenBlock => {
  const head = {
    type: "tool_use",
    id: `toolu_01${createDice(`${answer.seed}:call:${index}`).letters(22)}`,
    name: call.name,
  };
  return {
    whole: { ...head, input: callInput(call.argumentsText) },
    start: { ...head, input: {} },
    // The first piece is empty, and a call without arguments has no other.
    deltas: ["", ...(call.argumentsText === "{}" ? [] : piecesOf(call.argumentsText))].map((piece) => ({
      type: "input_json_delta",
      partial_json: piece,
    })),
  };
};

const blocksOf = (
  request: AnthropicRequest,
  answer: Answer,
  choice: Choice,
  signer: Signer,
): readonly WrittenBlock[] => [
  ...(choice.reasoning === "" ? [] : [thinkingBlock(request, choice.reasoning, signer)]),
  ...(choice.text === ""
    ? []
    : [
        {
          whole: { type: "text", text: choice.text },
          start: { type: "text", text: "" },
          deltas: piecesOf(choice.text).map((text) => ({ type: "text_delta", text })),
        },
      ]),
  ...choice.calls.map((call, index) => toolBlock(answer, call, index)),
];

const stopReason = (choice: Choice): string => {
  if (choice.finishWord !== undefined) return choice.finishWord;
  if (choice.stopSequence !== null) return "stop_sequence";
  return { stop: "end_turn", length: "max_tokens", "tool-calls": "tool_use", "content-filter": "refusal" }[
    choice.finish
  ];
};

const endOf = (choice: Choice): object => {
  const reason = stopReason(choice);
  const details = { type: "refusal", category: null, explanation: "The request was declined by the usage policy." };
  return {
    stop_reason: reason,
    stop_sequence: choice.stopSequence,
    ...(reason === "refusal" ? { stop_details: details } : {}),
  };
};

/** Input tokens leave out what was read from or written to the cache. */
const inputUsage = ({ usage }: Answer): object => {
  const written = usage.cacheWriteTokens + usage.cacheWriteHourTokens;
  return {
    input_tokens: Math.max(0, usage.inputTokens - usage.cacheReadTokens - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cacheReadTokens,
  };
};

const startUsage = (answer: Answer, outputTokens: number): object => ({
  ...inputUsage(answer),
  cache_creation: {
    ephemeral_5m_input_tokens: answer.usage.cacheWriteTokens,
    ephemeral_1h_input_tokens: answer.usage.cacheWriteHourTokens,
  },
  output_tokens: outputTokens,
  service_tier: "standard",
});

const outputDetails = ({ usage }: Answer): object =>
  usage.reasoningTokens > 0 ? { output_tokens_details: { thinking_tokens: usage.reasoningTokens } } : {};

const messageOf = (answer: Answer, content: readonly object[], end: object, usage: object): JsonRecord => ({
  id: `msg_01${createDice(`${answer.seed}:id`).letters(22)}`,
  type: "message",
  role: "assistant",
  model: answer.model,
  content,
  ...end,
  usage,
});

/** The body of a whole answer. */
export const writeWhole = (request: AnthropicRequest, answer: Answer, signer: Signer): JsonRecord => {
  const choice = onlyChoice(answer);
  const content = blocksOf(request, answer, choice, signer).map((block) => block.whole);
  const usage = { ...startUsage(answer, answer.usage.outputTokens), ...outputDetails(answer) };
  return messageOf(answer, content, endOf(choice), usage);
};

const event = (role: PieceRole, type: string, fields: object = {}): Piece => ({
  role,
  data: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`,
});

const blockEvents = (block: WrittenBlock, index: number): readonly Piece[] => [
  // A sealed block arrives whole in its start; for every other kind the deltas are the output.
  event(block.deltas.length === 0 ? "output" : "frame", "content_block_start", { index, content_block: block.start }),
  ...(index === 0 ? [event("frame", "ping")] : []),
  ...block.deltas.map((delta) => event("output", "content_block_delta", { index, delta })),
  event("frame", "content_block_stop", { index }),
];

/** The events of a streamed answer, `message_stop` last. */
export const writeStream = (request: AnthropicRequest, answer: Answer, signer: Signer): readonly Piece[] => {
  const choice = onlyChoice(answer);
  const message = messageOf(answer, [], { stop_reason: null, stop_sequence: null }, startUsage(answer, 1));
  const usage = { ...inputUsage(answer), output_tokens: answer.usage.outputTokens, ...outputDetails(answer) };
  return [
    event("frame", "message_start", { message }),
    ...blocksOf(request, answer, choice, signer).flatMap(blockEvents),
    event("finish", "message_delta", { delta: endOf(choice), usage }),
    event("terminal", "message_stop"),
  ];
};
