import type { Extras } from "../../chat/message.ts";
import type { Losses } from "../losses.ts";
import { breakpointField } from "../openai-cache.ts";
import type { Quirks } from "../quirks.ts";

/** What the encoders of one request's pieces share. */
export interface EncodeScope {
  readonly losses: Losses;
  /** The request was written in this dialect: its extras are in our words, its items known by their ids. */
  readonly isOwn: boolean;
  readonly quirks: Quirks;
}

/** The extras that may be written: this dialect's own. Those of another are named as lost. */
export const ownExtras = ({ isOwn, losses }: EncodeScope, extras: Extras | undefined, place: string): Extras => {
  if (extras === undefined) return {};
  if (isOwn) return extras;
  for (const name of Object.keys(extras)) if (name !== breakpointField) losses.tuning(place + name);
  return {};
};
