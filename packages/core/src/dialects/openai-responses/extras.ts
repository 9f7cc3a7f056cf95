import type { Extras } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { dialectId } from "./identity.ts";

/** Keeps fields of an answer for this dialect, under its name: nothing else says there whose words they are. */
export const toExtras = (fields: Json | undefined): Extras | undefined =>
  fields === undefined ? undefined : { [dialectId]: fields };

/** The fields that were kept for this dialect; `undefined` where another one wrote the answer. */
export const fromExtras = (extras: Extras | undefined): Json | undefined => {
  const fields = extras?.[dialectId];
  return isObject(fields) ? fields : undefined;
};
