import type { Message } from "../../chat/message.ts";
import type { LateResults } from "./late-results.ts";

/** What was done to a history so that every tool call has its result, and every result its call. */
export type Repair =
  | "duplicate-call"
  | "duplicate-result"
  | "made-id"
  | "missing-result"
  | "late-result"
  | "orphan-result";

export interface TurnPolicy {
  /** Missing, late and orphan results are mended instead of refused. */
  readonly repair: boolean;
  /** Calls may stand in turns that only the provider knows: a result without a call is none of our business. */
  readonly historyElsewhere: boolean;
  /** Told of each repair. */
  readonly onRepair: (repair: Repair) => void;
}

/** One model turn: neighbouring assistant messages, and the tool messages right after them. */
export interface ToolTurn {
  readonly messages: readonly Message[];
  /** Index of the first of them in the request, and of the message after the last. */
  readonly start: number;
  readonly end: number;
  readonly late: LateResults;
}
