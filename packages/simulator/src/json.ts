/** A JSON object whose values have not been looked at yet. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** True for a JSON object: not null, not an array. */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The array itself, or an empty one for anything else. */
export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Deeper values are refused: nothing a model is asked needs them, and they could exhaust the stack. */
export const maximumDepth = 200;

/**
 * One text for one value, whatever the order of its keys.
 *
 * @throws RangeError when the value is nested deeper than `maximumDepth`.
 */
export const canonicalText = (value: unknown, depth = 0): string => {
  if (depth > maximumDepth) throw new RangeError("nested too deeply");
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "null";
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key], depth + 1)}`);
  return `{${members.join(",")}}`;
};

/** A copy of an object without the named keys; own keys such as `__proto__` stay plain data. */
export const without = (record: JsonRecord, ...names: readonly string[]): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
