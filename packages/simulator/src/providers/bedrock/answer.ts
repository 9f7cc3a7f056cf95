import type { Answer, Choice, ToolCall } from "../../model/answer.ts";
import { callInput } from "../../model/call-input.ts";
import { createDice } from "../../model/dice.ts";
import type { Signer } from "../../model/signature.ts";
import { onlyChoice } from "../../model/only-choice.ts";
import { splitPieces } from "../../model/tokens.ts";
import type { Piece, PieceRole } from "../../wire/plan.ts";
import { eventFrame } from "./framing.ts";

/** A content block, and the pieces it is streamed in. Only calls are announced before their first piece. */
interface WrittenBlock {
  readonly whole: object;
  readonly start?: object;
  readonly deltas: readonly object[];
}

const tokensPerDelta = 2;

const piecesOf = (text: string): readonly string[] => splitPieces(text, tokensPerDelta);

const thoughtBlock = (reasoning: string, signer: Signer): WrittenBlock => {
  const signature = signer.sign(reasoning, reasoning);
  return {
    whole: { reasoningContent: { reasoningText: { text: reasoning, signature } } },
    deltas: [...piecesOf(reasoning).map((text) => ({ text })), { signature }].map((reasoningContent) => ({
      reasoningContent,
    })),
  };
};

const callBlock = ({ seed }: Answer, call: ToolCall, index: number): WrittenBlock => {
  const head = { toolUseId: `tooluse_${createDice(`${seed}:call:${index}`).letters(22)}`, name: call.name };
  return {
    whole: { toolUse: { ...head, input: callInput(call.argumentsText) } },
    start: { toolUse: head },
    // A call without arguments has no piece.
    deltas: (call.argumentsText === "{}" ? [] : piecesOf(call.argumentsText)).map((input) => ({ toolUse: { input } })),
  };
};

const blocksOf = (answer: Answer, choice: Choice, signer: Signer): readonly WrittenBlock[] => [
  ...(choice.reasoning === "" ? [] : [thoughtBlock(choice.reasoning, signer)]),
  ...(choice.text === ""
    ? []
    : [{ whole: { text: choice.text }, deltas: piecesOf(choice.text).map((text) => ({ text })) }]),
  ...choice.calls.map((call, index) => callBlock(answer, call, index)),
];

const stopReasons = {
  stop: "end_turn",
  "tool-calls": "tool_use",
  length: "max_tokens",
  "content-filter": "content_filtered",
} as const;

const stopReason = (choice: Choice): string =>
  choice.finishWord ?? (choice.stopSequence === null ? stopReasons[choice.finish] : "stop_sequence");

/** Input tokens leave out what was read from or written to the cache; the total does not. */
const endOf = ({ usage, seed }: Answer): object => {
  const written = usage.cacheWriteTokens + usage.cacheWriteHourTokens;
  return {
    usage: {
      inputTokens: Math.max(0, usage.inputTokens - usage.cacheReadTokens - written),
      outputTokens: usage.outputTokens,
      totalTokens: usage.inputTokens + usage.outputTokens,
      cacheReadInputTokens: usage.cacheReadTokens,
      cacheWriteInputTokens: written,
    },
    metrics: { latencyMs: 100 + createDice(`${seed}:latency`).below(900) },
  };
};

/** The body of a whole answer. */
export const writeWhole = (answer: Answer, signer: Signer): object => {
  const choice = onlyChoice(answer);
  const content = blocksOf(answer, choice, signer).map((block) => block.whole);
  return { output: { message: { role: "assistant", content } }, stopReason: stopReason(choice), ...endOf(answer) };
};

/** The letters that are added to hide how long an event is. */
const padding = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** The events of a streamed answer. How many tokens it was comes after the reason it ended. */
export const writeStream = (answer: Answer, signer: Signer): readonly Piece[] => {
  const choice = onlyChoice(answer);
  const dice = createDice(`${answer.seed}:padding`);
  const event = (role: PieceRole, type: string, fields: object): Piece => ({
    role,
    data: eventFrame(type, JSON.stringify({ ...fields, p: padding.slice(0, 1 + dice.below(padding.length)) })),
  });
  const blocks = blocksOf(answer, choice, signer).flatMap(({ start, deltas }, contentBlockIndex) => [
    ...(start === undefined ? [] : [event("output", "contentBlockStart", { contentBlockIndex, start })]),
    ...deltas.map((delta) => event("output", "contentBlockDelta", { contentBlockIndex, delta })),
    event("frame", "contentBlockStop", { contentBlockIndex }),
  ]);
  return [
    event("frame", "messageStart", { role: "assistant" }),
    ...blocks,
    event("finish", "messageStop", { stopReason: stopReason(choice) }),
    event("terminal", "metadata", endOf(answer)),
  ];
};
