import { isRecord, type JsonRecord } from "../../json.ts";
import { refuse } from "../../problem.ts";

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);

/** A field under either of the two spellings this API takes; null counts as not given. */
export const field = (record: JsonRecord, name: string): unknown =>
  record[name] ?? record[snakeCase(name)] ?? undefined;

/** @throws Refusal for the first field of `value` that is not one of `names`. */
export const refuseUnknown = (value: unknown, names: ReadonlySet<string>, path: string): void => {
  if (!isRecord(value)) return;
  const unknown = Object.keys(value).find((name) => !names.has(name));
  if (unknown === undefined) return;
  const where = path === "" ? "" : ` at '${path}'`;
  refuse(
    `Invalid JSON payload received. Unknown name "${unknown}"${where}: Cannot find field.`,
    path === "" ? unknown : path,
  );
};

/** Names in both spellings. */
export const bothSpellings = (names: string): ReadonlySet<string> =>
  new Set(names.split(" ").flatMap((name) => [name, snakeCase(name)]));

/** A number within its limits; undefined when it is not given. @throws Refusal outside of them. */
export const numberField = (record: JsonRecord, name: string, lowest: number, highest: number): number | undefined => {
  const value = field(record, name);
  if (value === undefined) return undefined;
  const path = `generation_config.${snakeCase(name)}`;
  if (typeof value !== "number") return refuse(`Invalid value at '${path}'`, path);
  return value < lowest || value > highest
    ? refuse(`Unable to submit request: '${path}' must be from ${lowest} to ${highest}, got ${value}.`, path)
    : value;
};
