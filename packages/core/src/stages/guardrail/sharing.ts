/** The same object where every value is what it was, else a copy with the new ones. Absent values stay absent. */
export const withChanges = <T extends object>(value: T, changes: { readonly [K in keyof T]?: T[K] | undefined }): T => {
  // The keys of `changes` are keys of T by its type.
  const keys = Object.keys(changes) as (keyof T)[];
  const changed = keys.filter((key) => changes[key] !== value[key]);
  if (changed.length === 0) return value;
  return { ...value, ...Object.fromEntries(changed.map((key) => [key, changes[key]])) };
};

/** Visits items in order; the same array where each visit gives its item back. */
export function* visitAll<T>(
  items: readonly T[],
  visit: (item: T) => Generator<void, T>,
): Generator<void, readonly T[]> {
  const visited: T[] = [];
  for (const item of items) visited.push(yield* visit(item));
  return visited.some((item, index) => item !== items[index]) ? visited : items;
}
