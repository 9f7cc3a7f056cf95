/** Texts of this length are worth more than the oldest elements of a list. */
const glimpse = 128;

/** What these hold are names and ids: cut short they would be others. */
const labels: ReadonlySet<string> = new Set([
  "type",
  "role",
  "id",
  "name",
  "modality",
  "mime_type",
  "file_id",
  "finish_reason",
  "dialect",
]);
const longestLabel = 128;

/** What these hold has any shape, and is cut as one text. */
const payloads: ReadonlySet<string> = new Set(["arguments", "parameters"]);

/**
 * The same list, with its texts cut so that its JSON takes at most so many bytes of UTF-8: all at the same length, and
 * shorter ones not at all. From a list too long even for that the first elements are left out.
 */
export const fit = <T>(list: readonly T[], maxBytes: number): readonly T[] => {
  if (fits(list, maxBytes)) return list;
  const kept = lastElements(list, maxBytes);
  let length = -1;
  let tooLong = maxBytes;
  while (tooLong - length > 1) {
    const middle = Math.floor((length + tooLong) / 2);
    if (fits(withTextsCut(kept, middle), maxBytes)) length = middle;
    else tooLong = middle;
  }
  return length === -1 ? [] : withTextsCut(kept, length);
};

/** Texts are counted first: they may be many times as long as what fits, and need not be written then. */
const fits = (value: unknown, maxBytes: number): boolean => {
  let characters = 0;
  mapTexts(value, (text) => {
    characters += text.length;
    return text;
  });
  return characters <= maxBytes && jsonBytes(value) <= maxBytes;
};

/** As many elements from the end as fit with a glimpse of their texts, and at least one. */
const lastElements = <T>(list: readonly T[], maxBytes: number): readonly T[] => {
  let first = list.length - 1;
  for (let bytes = 2; first >= 0; first--) {
    bytes += jsonBytes(withTextsCut(list[first], glimpse)) + 1;
    if (bytes > maxBytes) break;
  }
  return list.slice(Math.min(first + 1, list.length - 1));
};

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

// Whatever was a text stays one; only a payload becomes one, and those are of unknown type.
const withTextsCut = <T>(value: T, length: number): T => mapTexts(value, (text) => cut(text, length)) as T;

const cut = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(length - 1));
  return `${text.slice(0, splitsPair ? length - 1 : length)}…`;
};

/** A copy with every text changed, whatever its depth. */
const mapTexts = (value: unknown, change: (text: string) => string, key = ""): unknown => {
  if (typeof value === "string") return labels.has(key) && value.length <= longestLabel ? value : change(value);
  if (typeof value !== "object" || value === null) return value;
  if (payloads.has(key)) {
    const json = JSON.stringify(value);
    const changed = change(json);
    return changed === json ? value : changed;
  }
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) copy[name] = mapTexts(item, change, name);
  return copy;
};
