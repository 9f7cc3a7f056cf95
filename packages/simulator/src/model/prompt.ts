/** A piece of the prompt in the order the model reads it; a repeated run of blocks can be served from the prompt cache. */
export interface Block {
  readonly text: string;
  /** Images, files and audio clips in it. */
  readonly attachments?: number;
  /** The caller asked for everything up to here to be kept this long. */
  readonly keepFor?: "5m" | "1h";
}

/** What one tool answered. */
export interface ToolResult {
  readonly tool: string;
  readonly text: string;
}

/** One message, reduced to what the pretend model listens to. */
export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
  readonly attachments: number;
  readonly results: readonly ToolResult[];
}

/** A tool on offer. `schema` is its JSON Schema, or undefined for a tool that takes free text. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly schema: unknown;
}

/** Whether tools are to be called: as the model likes, not at all, at least one, or exactly this one. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/** What the text of the answer has to be. */
export type Format =
  | { readonly type: "text" }
  | { readonly type: "json" }
  | { readonly type: "schema"; readonly schema: unknown };

/** How hard the model thinks first; each step is a few sentences more. */
export type Effort = "none" | "low" | "medium" | "high";

/** A request in the simulator's own words, the same for every provider. */
export interface Prompt {
  /** The same for the same question, whether the answer is streamed or whole: everything the answer draws comes from it. */
  readonly seed: string;
  readonly model: string;
  readonly blocks: readonly Block[];
  readonly turns: readonly Turn[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelCalls: boolean;
  /** Says a word before it calls a tool of its own accord. */
  readonly announcesCalls: boolean;
  readonly format: Format;
  readonly maximumTokens: number;
  readonly stop: readonly string[];
  readonly choices: number;
  readonly effort: Effort;
  /** Cached prefixes: found by the provider itself, or only where the caller marked them. */
  readonly caching: "implicit" | "explicit";
}

const longestHeard = 4_000;

/** What the user said last, in words; of a very long text, only the end is listened to. */
export const lastWords = (turns: readonly Turn[]): Turn | undefined => {
  const turn = turns.findLast((candidate) => candidate.role === "user" && candidate.text.trim() !== "");
  return turn === undefined ? undefined : { ...turn, text: turn.text.slice(-longestHeard) };
};

/** The tool results the model has not answered yet. */
export const freshResults = (turns: readonly Turn[]): readonly ToolResult[] => {
  const lastAnswer = turns.findLastIndex((turn) => turn.role === "assistant");
  return turns.slice(lastAnswer + 1).flatMap((turn) => turn.results);
};

/** Models that say so in their name think without being asked. */
export const thinksByName = (model: string): boolean => /thinking|reason/i.test(model);
