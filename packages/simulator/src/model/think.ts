import type { Answer, Choice } from "./answer.ts";
import { createDice } from "./dice.ts";
import { readHints } from "./hints.ts";
import { limitChoice } from "./limit-choice.ts";
import type { InputUsage } from "./prompt-cache.ts";
import { freshResults, lastWords, type Prompt } from "./prompt.ts";
import { reportResults, writeProse, writeThoughts } from "./prose.ts";
import { valueForSchema } from "./schema-value.ts";
import { chooseCalls } from "./tool-use.ts";
import { reasoningTokens, visibleTokens, type Usage } from "./usage.ts";

/** The output side of the usage, counted from the choices themselves. */
export const countUsage = (input: InputUsage, choices: readonly Choice[]): Usage => {
  const reasoning = choices.reduce((sum, choice) => sum + reasoningTokens(choice), 0);
  const visible = choices.reduce((sum, choice) => sum + visibleTokens(choice), 0);
  return { ...input, reasoningTokens: reasoning, outputTokens: reasoning + visible };
};

const makeChoice = (prompt: Prompt, index: number): Choice => {
  const dice = createDice(`${prompt.seed}:choice:${index}`);
  const turn = lastWords(prompt.turns);
  const hints = readHints(turn?.text ?? "");
  const reasoning = writeThoughts(prompt.effort, hints);
  const results = freshResults(prompt.turns);
  const calls = chooseCalls(prompt, turn?.text ?? "", hints);

  const prose = (): string => (results.length > 0 ? reportResults(results) : writeProse(turn, hints, dice));
  const textOfFormat = (): string => {
    if (prompt.format.type === "schema") return JSON.stringify(valueForSchema(prompt.format.schema, hints));
    return prompt.format.type === "json" ? JSON.stringify({ answer: prose() }) : prose();
  };
  const announcement = prompt.announcesCalls && prompt.toolChoice === "auto" ? "Let me look that up." : "";
  const choice: Choice = {
    reasoning,
    text: calls.length > 0 ? announcement : textOfFormat(),
    calls,
    finish: calls.length > 0 ? "tool-calls" : "stop",
    stopSequence: null,
  };
  return limitChoice(choice, prompt.maximumTokens, prompt.stop);
};

/** Answers a prompt. The same prompt is always answered in the same words. */
export const think = (prompt: Prompt, input: InputUsage): Answer => {
  const choices = Array.from({ length: prompt.choices }, (_, index) => makeChoice(prompt, index));
  return { seed: prompt.seed, model: prompt.model, choices, usage: countUsage(input, choices) };
};
