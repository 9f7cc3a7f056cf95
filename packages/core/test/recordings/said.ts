/** Why an answer ended, in words that all dialects share. */
export type Ending = "stop" | "length" | "tool_calls" | "content_filter" | "error";

export interface SaidCall {
  /** Absent where the provider gave none. */
  readonly id?: string | undefined;
  readonly name: string;
  /** JSON text, tidied; as it came where it is none. */
  readonly arguments: string;
  /** The tool takes a text instead of JSON. */
  readonly isCustom?: true;
}

export interface SaidChoice {
  readonly text: string;
  /** The texts of its blocks. */
  readonly reasoning: readonly string[];
  readonly refusal: string;
  readonly calls: readonly SaidCall[];
  readonly finish: Ending;
}

/** Totals; the others are parts of them, absent where nothing was said. */
export interface SaidUsage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoning?: number | undefined;
}

/** What an answer says, whatever dialect it was said in. */
export interface Said {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly choices: readonly SaidChoice[];
  readonly usage?: SaidUsage | undefined;
}

/** Arguments with the same meaning and order have the same text, however they were spaced. */
export const tidy = (text: string): string => {
  try {
    // Some models write null for none.
    return JSON.stringify(JSON.parse(text === "" ? "{}" : text) ?? {});
  } catch {
    return text;
  }
};

/** Why an answer ended that says so in this word: calls outrank a stop, but nothing else. */
export const endingOf = (
  words: Readonly<Record<string, Ending>>,
  word: string | null | undefined,
  calls: readonly SaidCall[],
): Ending => {
  const ending = words[word ?? ""];
  if (ending === undefined) throw new Error(`Nobody knows the finish reason ${word}.`);
  return ending === "stop" && calls.length > 0 ? "tool_calls" : ending;
};
