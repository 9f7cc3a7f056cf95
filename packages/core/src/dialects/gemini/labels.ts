import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import type { Losses } from "../losses.ts";

/** What Google Cloud takes as a label: small letters, digits, `_` and `-`, 63 of them, the key beginning with a letter. */
const key = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const value = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** Metadata as labels, by which Google Cloud tells costs apart. Entries that are no labels are dropped by name. */
export const encodeLabels = ({ metadata }: ChatRequest, losses: Losses): Json | undefined => {
  const labels: Record<string, string> = {};
  for (const [name, text] of Object.entries(metadata ?? {})) {
    if (key.test(name) && value.test(text)) labels[name] = text;
    else losses.tuning(`metadata.${name}`);
  }
  return Object.keys(labels).length === 0 ? undefined : labels;
};
