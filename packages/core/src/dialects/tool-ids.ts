import { createHash } from "node:crypto";

const legal = /^[a-zA-Z0-9_-]+$/;

/**
 * A name of letters, digits, `_` and `-`, always the same for the same name; legal ones stay as they are.
 *
 * @param maxLength At least 53.
 */
export const toLegalName = (id: string, maxLength: number): string => {
  if (legal.test(id) && id.length <= maxLength) return id;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 12);
  return `${id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 40)}_${hash}`;
};

/** Gives the tool calls of one conversation ids of letters, digits, `_` and `-`, and their results the same ones. */
export interface ToolIds {
  /**
   * The id of a new call; `undefined` for a repetition of one that still waits for its result. Ids come back in later
   * turns where servers number their calls; here each call has its own.
   */
  readonly call: (id: string) => string | undefined;
  /** The id of the latest call that had this one. */
  readonly result: (id: string) => string;
}

/** @param maxLength Longest id that is taken, at least 64. */
export const createToolIds = (maxLength: number = Infinity): ToolIds => {
  const used = new Set<string>();
  const waiting = new Set<string>();
  const latest = new Map<string, string>();
  // How often each id came, so that many calls of one id do not search for a free one from the start each time.
  const times = new Map<string, number>();
  return {
    call: (id) => {
      if (waiting.has(id)) return undefined;
      waiting.add(id);
      const base = toLegalName(id, maxLength);
      let candidate = base;
      let time = times.get(base) ?? 1;
      while (used.has(candidate)) candidate = toLegalName(`${base}_${++time}`, maxLength);
      times.set(base, time);
      used.add(candidate);
      latest.set(id, candidate);
      return candidate;
    },
    result: (id) => {
      waiting.delete(id);
      return latest.get(id) ?? toLegalName(id, maxLength);
    },
  };
};
