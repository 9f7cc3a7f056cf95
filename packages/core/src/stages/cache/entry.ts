import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Target } from "../../chat/target.ts";
import { isEventShape } from "./event-shape.ts";
import { seal } from "./seal.ts";

/** A stored answer. */
export interface CacheEntry {
  /** The key it was stored under: a store that mixes up its values is found out. */
  readonly key: string;
  /** Wall milliseconds. */
  readonly storedAt: number;
  readonly expiresAt: number;
  /** Who answered. */
  readonly target?: Target;
  /** The whole answer, without wire frames. */
  readonly events: readonly ChatEvent[];
}

export interface SizedEntry {
  readonly entry: CacheEntry;
  /** Length of its JSON text in UTF-8. */
  readonly sizeBytes: number;
}

// Entries that were checked or made here and cannot have changed since. Only a store in this process returns them.
const known = new WeakSet<object>();

/** An entry that nobody can change. */
export const sealEntry = (fields: CacheEntry): SizedEntry => {
  const { sealed, sizeBytes } = seal(fields);
  known.add(sealed);
  return { entry: sealed, sizeBytes };
};

/** A value from a store as an entry; `undefined` where it is not, in every field, one that belongs to this key. */
export const readEntry = (stored: unknown, key: string, request: ChatRequest): CacheEntry | undefined => {
  if (typeof stored !== "object" || stored === null) return undefined;
  const entry = stored as Partial<CacheEntry>; // looked at field by field below
  if (entry.key !== key) return undefined;
  if (known.has(stored)) return stored as CacheEntry; // as above
  if (!isTime(entry.storedAt) || !isTime(entry.expiresAt)) return undefined;
  if (entry.target !== undefined && !isTarget(entry.target)) return undefined;
  if (!Array.isArray(entry.events) || !entry.events.every(isEventShape)) return undefined;
  return isProperAnswer(entry.events, request) ? (stored as CacheEntry) : undefined; // every field was checked
};

/** Whether an answer came to its proper end in all its choices, neither cut nor filtered. */
export const isProperAnswer = (events: readonly ChatEvent[], request: ChatRequest): boolean => {
  const begun = new Set<number>();
  const ended = new Set<number>();
  for (const event of events) {
    if (!("choice" in event)) continue;
    begun.add(event.choice);
    if (event.type !== "reply-end") continue;
    if (event.finishReason !== "stop" && event.finishReason !== "tool_calls") return false;
    ended.add(event.choice);
  }
  return ended.size === begun.size && ended.size >= (request.choiceCount ?? 1);
};

const isTime = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);

const isTarget = ({ id, provider, model }: Partial<Target>): boolean =>
  typeof id === "string" && typeof provider === "string" && typeof model === "string";
