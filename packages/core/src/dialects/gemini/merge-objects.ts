import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";

/** Lays our fields over those of the client's own Gemini request, objects inside included. Ours win. */
export const mergeObjects = (theirs: unknown, ours: Json): Json => {
  if (!isObject(theirs)) return ours;
  const merged = Object.entries(ours).map(([name, value]): [string, unknown] => [
    name,
    isObject(value) && Object.hasOwn(theirs, name) ? mergeObjects(theirs[name], value) : value,
  ]);
  return { ...theirs, ...Object.fromEntries(merged) };
};
