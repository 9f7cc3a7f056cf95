import type { Usage } from "./usage.ts";

/** Why a choice ended, in the simulator's own words. */
type Finish = "stop" | "length" | "tool-calls" | "content-filter";

/** A call the model makes. `argumentsText` is JSON, cut short when the token limit fell into it. */
export interface ToolCall {
  readonly name: string;
  readonly argumentsText: string;
  /** The tool takes free text: `argumentsText` is that text, not JSON. */
  readonly freeText: boolean;
}

/** One choice of an answer. */
export interface Choice {
  readonly reasoning: string;
  /** The thoughts are shown even to a client that did not ask for them, because a script says so. */
  readonly showsReasoning?: boolean;
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly finish: Finish;
  /** The provider's own word for the end, sent as it is, where a script gave one. */
  readonly finishWord?: string;
  readonly stopSequence: string | null;
}

/** What the pretend model says, before any provider's wire format. */
export interface Answer {
  /** The seed of every id in the answer. */
  readonly seed: string;
  readonly model: string;
  readonly choices: readonly Choice[];
  readonly usage: Usage;
}
