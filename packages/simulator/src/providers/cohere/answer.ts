import type { Answer, Choice, ToolCall } from "../../model/answer.ts";
import { createDice } from "../../model/dice.ts";
import { onlyChoice } from "../../model/only-choice.ts";
import { splitTokens } from "../../model/tokens.ts";
import type { Piece, PieceRole } from "../../wire/plan.ts";
import { logprobsOf, type TokenLogprob } from "../openai/logprobs.ts";
import { uuidOf } from "./problems.ts";
import type { CohereRequest } from "./request.ts";

const finishWords = {
  stop: "COMPLETE",
  "tool-calls": "TOOL_CALL",
  length: "MAX_TOKENS",
  "content-filter": "ERROR_TOXIC",
} as const;

const finishWord = (choice: Choice): string =>
  choice.finishWord ?? (choice.stopSequence === null ? finishWords[choice.finish] : "STOP_SEQUENCE");

/** The template around a prompt is counted, and not billed. */
const unbilledTokens = 3;

const usageOf = ({ usage }: Answer): object => ({
  billed_units: {
    input_tokens: Math.max(0, usage.inputTokens - unbilledTokens),
    output_tokens: usage.outputTokens,
  },
  tokens: {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    ...(usage.reasoningTokens > 0 ? { reasoning_tokens: usage.reasoningTokens } : {}),
  },
  cached_tokens: usage.cacheReadTokens,
});

const idOf = (answer: Answer): string => uuidOf(createDice(`${answer.seed}:id`));

const callHead = ({ seed }: Answer, call: ToolCall, index: number, text: string): object => ({
  id: `${call.name}_${createDice(`${seed}:call:${index}`).letters(12).toLowerCase()}`,
  type: "function",
  function: { name: call.name, arguments: text },
});

/** What is said before calls is a plan, not content. */
const planOf = (choice: Choice): string => (choice.calls.length > 0 ? choice.text : "");

/** The parts of an answer, in order, and the field their words are in. */
const partsOf = (choice: Choice): readonly { readonly type: "thinking" | "text"; readonly text: string }[] => [
  ...(choice.reasoning === "" ? [] : [{ type: "thinking" as const, text: choice.reasoning }]),
  ...(choice.calls.length > 0 ? [] : [{ type: "text" as const, text: choice.text }]),
];

const logprobOf = (token: TokenLogprob, index: number): object => ({
  token_ids: [1_000 + index],
  text: token.token,
  logprobs: [token.logprob],
});

const logprobs = (request: CohereRequest, answer: Answer, text: string): readonly object[] =>
  request.showsLogprobs ? logprobsOf(text, 0, answer.seed).map(logprobOf) : [];

/** The body of a whole answer. Content is left out when there is none. */
export const writeWhole = (request: CohereRequest, answer: Answer): object => {
  const choice = onlyChoice(answer);
  const parts = partsOf(choice);
  const plan = planOf(choice);
  const calls = choice.calls.map((call, index) => callHead(answer, call, index, call.argumentsText));
  return {
    id: idOf(answer),
    message: {
      role: "assistant",
      ...(parts.length === 0 ? {} : { content: parts.map(({ type, text }) => ({ type, [type]: text })) }),
      ...(plan === "" ? {} : { tool_plan: plan }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
    finish_reason: finishWord(choice),
    usage: usageOf(answer),
    ...(request.showsLogprobs ? { logprobs: logprobs(request, answer, choice.text) } : {}),
  };
};

const event = (role: PieceRole, type: string, fields: object): Piece => ({
  role,
  data: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`,
});

const message = (fields: object): object => ({ delta: { message: fields } });

const partEvents = (
  request: CohereRequest,
  answer: Answer,
  { type, text }: { readonly type: "thinking" | "text"; readonly text: string },
  index: number,
): readonly Piece[] => {
  const probabilities = type === "text" ? logprobs(request, answer, text) : [];
  const deltas = splitTokens(text).map((token, at) =>
    event("output", "content-delta", {
      index,
      ...message({ content: { [type]: token } }),
      ...(probabilities[at] === undefined ? {} : { logprobs: probabilities[at] }),
    }),
  );
  return [
    event("frame", "content-start", { index, ...message({ content: { type, [type]: "" } }) }),
    ...deltas,
    event("frame", "content-end", { index }),
  ];
};

const callEvents = (answer: Answer, call: ToolCall, index: number): readonly Piece[] => [
  event("output", "tool-call-start", { index, ...message({ tool_calls: callHead(answer, call, index, "") }) }),
  ...splitTokens(call.argumentsText).map((text) =>
    event("output", "tool-call-delta", { index, ...message({ tool_calls: { function: { arguments: text } } }) }),
  ),
  event("frame", "tool-call-end", { index }),
];

/** The events of a streamed answer, `[DONE]` last. What is a list in a whole answer is one thing in each delta. */
export const writeStream = (request: CohereRequest, answer: Answer): readonly Piece[] => {
  const choice = onlyChoice(answer);
  const start = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  return [
    event("frame", "message-start", { id: idOf(answer), ...message(start) }),
    ...partsOf(choice).flatMap((part, index) => partEvents(request, answer, part, index)),
    ...splitTokens(planOf(choice)).map((text) => event("output", "tool-plan-delta", message({ tool_plan: text }))),
    ...choice.calls.flatMap((call, index) => callEvents(answer, call, index)),
    event("finish", "message-end", { delta: { finish_reason: finishWord(choice), usage: usageOf(answer) } }),
    { role: "terminal", data: "data: [DONE]\n\n" },
  ];
};
