import type { ToolCall } from "./answer.ts";
import type { Hints } from "./hints.ts";
import { freshResults, type Prompt, type Tool } from "./prompt.ts";
import { valueForSchema } from "./schema-value.ts";

const mostCalls = 8;

/** Words in tool names that say nothing about what the tool is for. */
const genericWords = new Set([
  "call",
  "code",
  "data",
  "fetch",
  "find",
  "from",
  "function",
  "list",
  "lookup",
  "search",
  "send",
  "text",
  "tool",
  "with",
]);

const wordsOfName = (name: string): readonly string[] =>
  name
    .replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, " ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= 4 && !genericWords.has(word));

const isNamed = (tool: Tool, words: string): boolean => words.includes(tool.name.toLowerCase());

/** The user speaks of what the tool is for. */
const isMeant = (tool: Tool, words: string): boolean =>
  wordsOfName(tool.name).some((word) => words.includes(word)) ||
  (words.includes("weather") && tool.description.toLowerCase().includes("weather"));

const asksForSomeTool = /\b(?:use|call|invoke|run) (?:the|a|an|any|your|some|both|all)?\s*(?:\S+ )?tools?\b/u;

/** The tools the model calls, in the order they are offered. */
const toolsToCall = (prompt: Prompt, words: string): readonly Tool[] => {
  const { toolChoice, tools } = prompt;
  if (toolChoice === "none") return [];
  if (typeof toolChoice === "object") return tools.filter((tool) => tool.name === toolChoice.name).slice(0, 1);
  // A model that has just been given results answers with them, unless it is made to call again.
  if (toolChoice === "auto" && freshResults(prompt.turns).length > 0) return [];
  const named = tools.filter((tool) => isNamed(tool, words));
  if (named.length > 0) return named;
  const meant = tools.filter((tool) => isMeant(tool, words));
  if (meant.length > 0) return meant;
  return toolChoice === "required" || asksForSomeTool.test(words) ? tools.slice(0, 1) : [];
};

const asksForSeveral = /\b(?:both|two|each|every|parallel|and)\b|,/u;

/** One set of hints for each call of a tool: "Paris and Rome" are two. */
const hintsOfCalls = (hints: Hints, words: string, isOnlyTool: boolean): readonly Hints[] => {
  if (!isOnlyTool || !asksForSeveral.test(words)) return [hints];
  if (hints.mentions.length > 1) return hints.mentions.map((mention) => ({ ...hints, mentions: [mention] }));
  return /\b(?:both|two)\b/u.test(words) ? [hints, hints] : [hints];
};

const makeCall = (tool: Tool, hints: Hints): ToolCall => {
  if (tool.schema === undefined) {
    return { name: tool.name, argumentsText: hints.mentions[0] ?? hints.topic, freeText: true };
  }
  return { name: tool.name, argumentsText: JSON.stringify(valueForSchema(tool.schema, hints)), freeText: false };
};

/** The calls the model makes: when it is made to, when the user names a tool or what one is for, and "weather" always. */
export const chooseCalls = (prompt: Prompt, userWords: string, hints: Hints): readonly ToolCall[] => {
  const words = userWords.toLowerCase();
  const tools = toolsToCall(prompt, words);
  const calls = tools.flatMap((tool) =>
    hintsOfCalls(hints, words, tools.length === 1).map((callHints) => makeCall(tool, callHints)),
  );
  return calls.slice(0, prompt.parallelCalls ? mostCalls : 1);
};
