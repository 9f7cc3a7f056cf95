/** A JSON object whose values have not been looked at yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** True for a JSON object: not null, not an array. */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The array itself, or an empty one for anything else. */
export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isBranch = (value: unknown): value is JsonRecord | readonly unknown[] =>
  typeof value === "object" && value !== null;

/** True when arrays and objects lie in one another more than `limit` times. Needs no stack of its own. */
export const isDeeperThan = (value: unknown, limit: number): boolean => {
  let level: readonly unknown[] = [value].filter(isBranch);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.filter(isBranch).flatMap((branch) => Object.values(branch).filter(isBranch));
  }
  return false;
};

/** One text for one value, whatever the order of its keys. */
export const canonicalText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`);
  return `{${members.join(",")}}`;
};

/** A copy of an object without the named keys; own keys such as `__proto__` stay plain data. */
export const without = (record: JsonRecord, ...names: readonly string[]): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
