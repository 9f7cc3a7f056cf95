import { createHash } from "node:crypto";

const legal = /^[a-zA-Z0-9_-]+$/;

/** An id that Anthropic takes, always the same for the same id; legal ones stay as they are. */
const toLegalId = (id: string): string => {
  if (legal.test(id)) return id;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 12);
  return `${id.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 40)}_${hash}`;
};

/** Gives the tool calls of one conversation ids that Anthropic takes, and their results the same ones. */
export interface ToolIds {
  /**
   * The id of a new call; `undefined` for a repetition of one that still waits for its result. Ids come back in later
   * turns where servers number their calls; here each call has its own.
   */
  readonly call: (id: string) => string | undefined;
  /** The id of the latest call that had this one. */
  readonly result: (id: string) => string;
}

export const createToolIds = (): ToolIds => {
  const used = new Set<string>();
  const waiting = new Set<string>();
  const latest = new Map<string, string>();
  // How often each id came, so that many calls of one id do not search for a free one from the start each time.
  const times = new Map<string, number>();
  return {
    call: (id) => {
      if (waiting.has(id)) return undefined;
      waiting.add(id);
      const base = toLegalId(id);
      let candidate = base;
      let time = times.get(base) ?? 1;
      while (used.has(candidate)) candidate = `${base}_${++time}`;
      times.set(base, time);
      used.add(candidate);
      latest.set(id, candidate);
      return candidate;
    },
    result: (id) => {
      waiting.delete(id);
      return latest.get(id) ?? toLegalId(id);
    },
  };
};
