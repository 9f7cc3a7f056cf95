import type { Dice } from "./dice.ts";
import type { Hints } from "./hints.ts";
import type { Effort, ToolResult, Turn } from "./prompt.ts";

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "×": (a, b) => a * b,
  "/": (a, b) => a / b,
};

const mostCounted = 2_000;

/** Answers that can be given outright: an echo that was asked for, a sum, a count, a greeting. */
const plainAnswer = (words: string): string | undefined => {
  const echo =
    /\b(?:say|repeat|reply with|respond with|answer with)(?: exactly| only)?:? +["“`]([^"”`\n]+)["”`]/iu.exec(words);
  if (echo?.[1] !== undefined) return echo[1];
  const oneWord = /\b(?:say|repeat|reply with|respond with|answer with) (?:exactly|only):? +(\S.*)$/iu.exec(words);
  if (oneWord?.[1] !== undefined) return oneWord[1].replace(/[.!]$/u, "");
  const sum = /(-?\d+(?:\.\d+)?) *([-+*×/]) *(-?\d+(?:\.\d+)?)/u.exec(words);
  const operation = operations[sum?.[2] ?? ""];
  if (sum !== null && operation !== undefined) return `${sum[0]} = ${operation(Number(sum[1]), Number(sum[3]))}.`;
  const count = /\bcount (?:from 1 )?to (\d+)/iu.exec(words);
  if (count !== null) {
    return `${Array.from({ length: Math.min(Number(count[1]), mostCounted) }, (_, index) => index + 1).join(", ")}.`;
  }
  if (/^\s*(?:hi|hello|hey|good (?:morning|evening))\b[^?]{0,20}$/iu.test(words))
    return "Hello! How can I help you today?";
  return undefined;
};

const openings = [
  (topic: string): string => `Here is a short answer about ${topic}.`,
  (topic: string): string => `Let us look at ${topic} step by step.`,
  (topic: string): string => `There is more to ${topic} than it seems at first.`,
] as const;

const details = [
  (topic: string): string => `The first thing to know about ${topic} is where it comes from.`,
  (topic: string): string => `Most questions around ${topic} can be settled by trying a small example.`,
  (topic: string): string => `It helps to keep ${topic} apart from what only looks like it.`,
  (topic: string): string => `In practice, ${topic} depends on the situation you are in.`,
  (topic: string): string => `A good way to check ${topic} is to write down what you expect before you look.`,
  (topic: string): string => `People who work with ${topic} every day keep their notes short.`,
] as const;

const closings = [
  "Tell me if you want more detail.",
  "I hope this helps.",
  "Ask again if one of the points is unclear.",
] as const;

const wantsLength = /\b(?:long|detailed|essay|story|article|explain|list|everything)\b/iu;

const quote = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text);

/** What the model says about the results its tools came back with. */
export const reportResults = (results: readonly ToolResult[]): string =>
  results.map((result) => `According to ${result.tool}: ${quote(result.text.trim())}`).join("\n");

/** A few sentences that are about what the user said last. */
export const writeProse = (turn: Turn | undefined, hints: Hints, dice: Dice): string => {
  const words = turn?.text ?? "";
  const attachments = turn?.attachments ?? 0;
  const plain = plainAnswer(words);
  if (plain !== undefined) return plain;
  const length = wantsLength.test(words) ? 10 + dice.below(4) : 1 + dice.below(2);
  const middle = Array.from({ length }, () => dice.pick(details)(hints.topic));
  const seen =
    attachments > 0
      ? [`I looked at ${attachments === 1 ? "the attachment" : `all ${attachments} attachments`} too.`]
      : [];
  return [dice.pick(openings)(hints.topic), ...seen, ...middle, dice.pick(closings)].join(" ");
};

const thoughts = [
  (topic: string): string => `The user wants to know about ${topic}.`,
  (topic: string): string => `First I should settle what ${topic} means here.`,
  (): string => `A short and exact answer serves best.`,
  (topic: string): string => `I compare two ways to put ${topic} and take the plainer one.`,
  (): string => `Nothing in the conversation so far speaks against it.`,
  (): string => `That is enough to answer.`,
] as const;

const sentencesByEffort: Readonly<Record<Effort, number>> = { none: 0, low: 1, medium: 3, high: 6 };

/** What the model thinks before it answers: more for more effort, nothing for none. */
export const writeThoughts = (effort: Effort, hints: Hints): string =>
  thoughts
    .slice(0, sentencesByEffort[effort])
    .map((thought) => thought(hints.topic))
    .join(" ");
