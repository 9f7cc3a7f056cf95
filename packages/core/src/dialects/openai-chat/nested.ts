import type { Extras } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject, restOf } from "../fields.ts";

/** The fields nobody here understands, of an object and, under the same name, of the object it wraps. */
export const restOfBoth = (
  outer: Json,
  known: ReadonlySet<string>,
  name: string,
  inner: Json,
  innerKnown: ReadonlySet<string>,
): Extras | undefined => {
  const rest = restOf(outer, known);
  const innerRest = restOf(inner, innerKnown);
  return innerRest === undefined ? rest : { ...rest, [name]: innerRest };
};

/** `{ [name]: fields }` with what `restOfBoth` kept put back in its place. */
export const wrap = (name: string, fields: Json, extras: Extras = {}): Json => {
  const inner = extras[name];
  return { ...extras, [name]: isObject(inner) ? { ...inner, ...fields } : fields };
};
