import type { Extras } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { dialectId } from "./identity.ts";

/*
 * What an answer holds beyond the vocabulary travels in the extras of its start and its ends. Nothing else says there
 * which dialect's words they are, so ours stand under our name.
 */

/** Keeps fields for this dialect; `undefined` where there are none. */
export const toExtras = (fields: Json | undefined): Extras | undefined =>
  fields === undefined || Object.keys(fields).length === 0 ? undefined : { [dialectId]: fields };

/** The fields that were kept for this dialect. */
export const fromExtras = (extras: Extras | undefined): Json => {
  const fields = extras?.[dialectId];
  return isObject(fields) ? fields : {};
};

/** What begins the name of an extra that stood beside the effort in `reasoning_effort`, which elsewhere is a word. */
export const effortPrefix = "reasoning_effort.";
