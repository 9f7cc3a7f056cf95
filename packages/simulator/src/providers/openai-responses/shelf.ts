import { isRecord, type JsonRecord } from "../../json.ts";
import { refuse } from "../../problem.ts";
import type { Shelf } from "../provider.ts";

/** An item of a conversation: a message, a thought, a call or what came of it. */
export type Item = JsonRecord;

const isItems = (kept: unknown): kept is readonly Item[] => Array.isArray(kept);

/**
 * The items that a new input continues, those of the named response and of all before it.
 *
 * @throws Refusal when no such response was kept.
 */
export const earlierItems = (id: unknown, shelf: Shelf): readonly Item[] => {
  if (id === undefined || id === null) return [];
  const kept = typeof id === "string" ? shelf.get(id) : undefined;
  return isItems(kept)
    ? kept
    : refuse(
        `Previous response with id '${String(id)}' not found.`,
        "previous_response_id",
        "previous_response_not_found",
      );
};

/** Keeps a response, and each of its items under its own id, for requests that refer to them. */
export const keepResponse = (id: string, before: readonly Item[], output: readonly Item[], shelf: Shelf): void => {
  shelf.put(id, [...before, ...output]);
  for (const item of output) if (typeof item["id"] === "string") shelf.put(item["id"], item);
};

const notFound = (id: unknown, at: string): never =>
  refuse(`Item with id '${String(id)}' not found. Items are not persisted when \`store\` is set to false.`, at);

/**
 * The item that a reference names. A thought that comes without its sealed content stands for the one that was kept.
 *
 * @throws Refusal when it was not kept.
 */
export const resolveItem = (item: Item, at: string, shelf: Shelf): Item => {
  const isReference = item["type"] === "item_reference";
  const isOpenThought = item["type"] === "reasoning" && typeof item["encrypted_content"] !== "string";
  if (!isReference && !isOpenThought) return item;
  const { id } = item;
  const kept = typeof id === "string" ? shelf.get(id) : undefined;
  return isRecord(kept) ? kept : notFound(id, at);
};
