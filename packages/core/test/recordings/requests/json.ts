import type { Json } from "../fixtures.ts";

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The objects of a list. */
export const listIn = (holder: Json, name: string): readonly Json[] => {
  const value = holder[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
};

export const objectIn = (holder: Json, name: string): Json => {
  const value = holder[name];
  return isObject(value) ? value : {};
};

/** Turns of one role that follow each other are one turn, whose list of pieces is in this field. */
export const inTurns = (messages: readonly Json[], field: string): readonly Json[] => {
  const turns: Json[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.["role"] !== message["role"]) turns.push(message);
    else turns[turns.length - 1] = { ...last, [field]: [...listIn(last ?? {}, field), ...listIn(message, field)] };
  }
  return turns;
};

/** Where two values differ, as paths. */
export const differences = (some: unknown, others: unknown, path = ""): readonly string[] => {
  if (typeof some === "object" && some !== null && typeof others === "object" && others !== null) {
    const names = new Set([...Object.keys(some), ...Object.keys(others)]);
    const [a, b] = [some as Json, others as Json];
    return [...names].flatMap((name) => differences(a[name], b[name], path === "" ? name : `${path}.${name}`));
  }
  return some === others ? [] : [path];
};

/** Without fields that are null, which say no more than that they are absent. */
export const nulless = (body: Json): Json =>
  JSON.parse(JSON.stringify(body, (_name, value: unknown) => (value === null ? undefined : value))) as Json;

/** Without those of the named fields that hold an empty list. */
export const withoutEmpty = (holder: Json, names: readonly string[]): Json =>
  Object.fromEntries(
    Object.entries(holder).filter(
      ([name, value]) => !(names.includes(name) && Array.isArray(value) && value.length === 0),
    ),
  );
