import type { Answer, Choice, ToolCall } from "../../model/answer.ts";
import { createDice } from "../../model/dice.ts";
import { splitTokens } from "../../model/tokens.ts";
import type { Piece, PieceRole } from "../../wire/plan.ts";
import { logprobsOf } from "./logprobs.ts";
import type { OpenaiRequest } from "./request.ts";

const firstSecond = 1_760_000_000;

/** The fields that a whole answer and every chunk of a stream share. */
const envelope = (request: OpenaiRequest, answer: Answer, object: string): object => {
  const dice = createDice(`${answer.seed}:id`);
  return {
    id: `chatcmpl-${dice.letters(29)}`,
    object,
    created: firstSecond + dice.below(10_000_000),
    model: answer.model,
    service_tier: request.serviceTier,
    system_fingerprint: `fp_${dice.letters(10).toLowerCase()}`,
  };
};

const usageOf = ({ usage }: Answer): object => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.inputTokens + usage.outputTokens,
  prompt_tokens_details: { cached_tokens: usage.cacheReadTokens, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: usage.reasoningTokens,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

const finishWord = (request: OpenaiRequest, choice: Choice): string => {
  if (choice.finishWord !== undefined) return choice.finishWord;
  if (choice.finish === "content-filter") return "content_filter";
  if (choice.finish !== "tool-calls") return choice.finish;
  if (request.legacyFunctions) return "function_call";
  // A call that was forced by name ends as if nothing special had happened.
  return typeof request.prompt.toolChoice === "object" ? "stop" : "tool_calls";
};

const showsReasoning = (request: OpenaiRequest, choice: Choice): boolean =>
  choice.reasoning !== "" && (request.showsReasoning || choice.showsReasoning === true);

const callHead = (answer: Answer, call: ToolCall, choice: number, index: number, text: string): object => ({
  id: `call_${createDice(`${answer.seed}:call:${choice}:${index}`).letters(24)}`,
  ...(call.freeText
    ? { type: "custom", custom: { name: call.name, input: text } }
    : { type: "function", function: { name: call.name, arguments: text } }),
});

const messageOf = (request: OpenaiRequest, answer: Answer, choice: Choice, index: number): object => {
  const [first] = choice.calls;
  const calls = request.legacyFunctions
    ? { function_call: first === undefined ? undefined : { name: first.name, arguments: first.argumentsText } }
    : { tool_calls: choice.calls.map((call, at) => callHead(answer, call, index, at, call.argumentsText)) };
  return {
    role: "assistant",
    content: choice.text === "" && choice.calls.length > 0 ? null : choice.text,
    ...(showsReasoning(request, choice) ? { reasoning_content: choice.reasoning } : {}),
    ...(first === undefined ? {} : calls),
    refusal: null,
    annotations: [],
  };
};

/** The body of a whole answer. */
export const writeWhole = (request: OpenaiRequest, answer: Answer): object => ({
  ...envelope(request, answer, "chat.completion"),
  choices: answer.choices.map((choice, index) => ({
    index,
    message: messageOf(request, answer, choice, index),
    logprobs:
      request.topLogprobs === undefined
        ? null
        : { content: logprobsOf(choice.text, request.topLogprobs, answer.seed), refusal: null },
    finish_reason: finishWord(request, choice),
  })),
  usage: usageOf(answer),
});

interface Delta {
  readonly role: PieceRole;
  readonly delta: object;
  readonly text?: string;
}

const deltaOfCall = (request: OpenaiRequest, call: ToolCall, index: number, text: string): object => {
  if (request.legacyFunctions) return { function_call: { arguments: text } };
  return {
    tool_calls: [{ index, ...(call.freeText ? { custom: { input: text } } : { function: { arguments: text } }) }],
  };
};

const callDeltas = (request: OpenaiRequest, answer: Answer, choice: Choice, at: number): readonly Delta[] =>
  choice.calls.flatMap((call, index) => {
    const head = request.legacyFunctions
      ? { function_call: { name: call.name, arguments: "" } }
      : { tool_calls: [{ index, ...callHead(answer, call, at, index, "") }] };
    const parts = splitTokens(call.argumentsText).map((text) => deltaOfCall(request, call, index, text));
    return [head, ...parts].map((delta) => ({ role: "output" as const, delta }));
  });

const deltasOf = (request: OpenaiRequest, answer: Answer, choice: Choice, at: number): readonly Delta[] => {
  const silent = choice.text === "" && choice.calls.length > 0;
  const reasoning = showsReasoning(request, choice) ? splitTokens(choice.reasoning) : [];
  return [
    { role: "frame", delta: { role: "assistant", content: silent ? null : "", refusal: null } },
    ...reasoning.map((text) => ({ role: "output" as const, delta: { reasoning_content: text } })),
    ...splitTokens(choice.text).map((text) => ({ role: "output" as const, delta: { content: text }, text })),
    ...callDeltas(request, answer, choice, at),
  ];
};

/** Chunks of several choices take turns, as they do when they are generated side by side. */
const interleave = <Item>(lists: readonly (readonly Item[])[]): readonly Item[] => {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1))).flat();
};

const event = (role: PieceRole, data: object): Piece => ({ role, data: `data: ${JSON.stringify(data)}\n\n` });

/** The events of a streamed answer, `[DONE]` last. */
export const writeStream = (request: OpenaiRequest, answer: Answer): readonly Piece[] => {
  const shared = envelope(request, answer, "chat.completion.chunk");
  const chunk = (role: PieceRole, index: number, delta: object, finish: string | null, text?: string): Piece => {
    const logprobs =
      request.topLogprobs === undefined || text === undefined
        ? null
        : { content: logprobsOf(text, request.topLogprobs, answer.seed), refusal: null };
    return event(role, {
      ...shared,
      choices: [{ index, delta, logprobs, finish_reason: finish }],
      ...(request.includeUsage ? { usage: null } : {}),
    });
  };
  const chunks = answer.choices.map((choice, index) => [
    ...deltasOf(request, answer, choice, index).map(({ role, delta, text }) => chunk(role, index, delta, null, text)),
    chunk("finish", index, {}, finishWord(request, choice)),
  ]);
  const usage = request.includeUsage ? [event("finish", { ...shared, choices: [], usage: usageOf(answer) })] : [];
  return [...interleave(chunks), ...usage, { role: "terminal", data: "data: [DONE]\n\n" }];
};
