/** A place in a bag. */
export interface BagEntry<T> {
  readonly item: T;
  index: number;
}

/**
 * Holds what is under way, in no order. A Set would do, but for one thing: when a Set that changes all the time makes
 * room, its old table goes on pointing to the new one, and what once stood in any of them is kept alive, with all
 * that hangs on it, until the next full garbage collection.
 */
export interface Bag<T> {
  readonly add: (item: T) => BagEntry<T>;
  /** Takes an entry out; one that is out already stays out. */
  readonly remove: (entry: BagEntry<T>) => void;
  readonly size: () => number;
  readonly items: () => readonly T[];
}

export const createBag = <T>(): Bag<T> => {
  const entries: BagEntry<T>[] = [];
  return {
    add: (item) => {
      const entry = { item, index: entries.length };
      entries.push(entry);
      return entry;
    },
    remove: (entry) => {
      if (entries[entry.index] !== entry) return;
      const last = entries.pop();
      if (last === undefined || last === entry) return;
      // The last one takes the place that became free.
      last.index = entry.index;
      entries[entry.index] = last;
    },
    size: () => entries.length,
    items: () => entries.map(({ item }) => item),
  };
};
