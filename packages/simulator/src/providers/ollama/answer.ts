import type { Answer, Choice } from "../../model/answer.ts";
import { createDice } from "../../model/dice.ts";
import { onlyChoice } from "../../model/only-choice.ts";
import { splitTokens } from "../../model/tokens.ts";
import type { Piece } from "../../wire/plan.ts";

const firstSecond = 1_760_000_000;
const nanosecondsPerToken = 10_000_000;

const finishWords = { stop: "stop", "tool-calls": "stop", length: "length", "content-filter": "stop" } as const;

const envelope = (answer: Answer): object => {
  const created = firstSecond + createDice(`${answer.seed}:created`).below(10_000_000);
  return { model: answer.model, created_at: new Date(created * 1_000).toISOString() };
};

const isObject = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The token limit fell into the arguments; this API then leaves the call out.
    return false;
  }
};

const callsOf = ({ seed }: Answer, { calls }: Choice): readonly object[] =>
  calls
    .filter((call) => isObject(call.argumentsText))
    .map((call, index) => ({
      id: `call_${createDice(`${seed}:call:${index}`).letters(8).toLowerCase()}`,
      function: { index, name: call.name, arguments: JSON.parse(call.argumentsText) as unknown },
    }));

const message = (fields: object): object => ({ message: { role: "assistant", content: "", ...fields } });

/** What ends an answer. A count of zero is left out. */
const ending = ({ usage }: Answer, choice: Choice): object => {
  const prompt = usage.inputTokens * nanosecondsPerToken;
  const evaluation = usage.outputTokens * nanosecondsPerToken;
  return {
    done: true,
    done_reason: choice.finishWord ?? finishWords[choice.finish],
    total_duration: prompt + evaluation,
    prompt_eval_count: usage.inputTokens,
    prompt_eval_duration: prompt,
    ...(usage.outputTokens > 0 ? { eval_count: usage.outputTokens, eval_duration: evaluation } : {}),
  };
};

/** The body of a whole answer. */
export const writeWhole = (answer: Answer): object => {
  const choice = onlyChoice(answer);
  const calls = callsOf(answer, choice);
  const fields = {
    content: choice.text,
    ...(choice.reasoning === "" ? {} : { thinking: choice.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return { ...envelope(answer), ...message(fields), ...ending(answer, choice) };
};

/** The lines of a streamed answer: thoughts, then text, then each call whole, then a line that says it is the last. */
export const writeStream = (answer: Answer): readonly Piece[] => {
  const choice = onlyChoice(answer);
  const shared = envelope(answer);
  const line = (role: Piece["role"], fields: object, rest: object): Piece => ({
    role,
    data: `${JSON.stringify({ ...shared, ...message(fields), ...rest })}\n`,
  });
  const said = [
    ...splitTokens(choice.reasoning).map((thinking) => ({ thinking })),
    ...splitTokens(choice.text).map((content) => ({ content })),
    ...callsOf(answer, choice).map((call) => ({ tool_calls: [call] })),
  ];
  return [
    ...said.map((fields) => line("output", fields, { done: false })),
    line("terminal", {}, ending(answer, choice)),
  ];
};
