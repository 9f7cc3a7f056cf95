import type { Shelf } from "./providers/provider.ts";

const mostKept = 1_000;

/** Makes an empty shelf; it holds at most a thousand things and forgets the oldest. */
export const createShelf = (): Shelf => {
  const kept = new Map<string, unknown>();
  return {
    get: (id) => kept.get(id),
    put: (id, value) => {
      kept.delete(id);
      kept.set(id, value);
      const oldest = kept.keys().next();
      if (kept.size > mostKept && oldest.done !== true) kept.delete(oldest.value);
    },
  };
};
