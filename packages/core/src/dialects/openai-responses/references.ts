import type { Json } from "../dialect.ts";
import { arrayIn, isObject, readString, required } from "../fields.ts";
import { madeItemId } from "./item-ids.ts";

/** What a request names instead of saying it. */
export interface References {
  /** The answer that it goes on from. */
  readonly previous: string | undefined;
  /** Single items of earlier answers, each with the field that names it. */
  readonly items: ReadonlyMap<string, string>;
}

const isReference = (item: unknown): item is Json => isObject(item) && item["type"] === "item_reference";

/** What a request body refers to; `undefined` where it says all itself. */
export const referencesIn = (body: Json): References | undefined => {
  const previous = readString(body["previous_response_id"], "previous_response_id");
  const items = new Map<string, string>();
  arrayIn(body, "input").forEach((item, index) => {
    if (!isReference(item)) return;
    const param = `input[${index}].id`;
    items.set(required(readString(item["id"], param), param, "the id of an earlier item"), param);
  });
  return previous === undefined && items.size === 0 ? undefined : { previous, items };
};

/** A kept item: of which model's answer, and whether the provider keeps it as well. */
export interface KeptItem {
  readonly item: Json;
  /** The model as it was asked for. */
  readonly model: string;
  readonly isAtProvider: boolean;
}

/** An answer as it is kept, with everything that led to it. */
export interface KeptResponse {
  /** The model as it was asked for. */
  readonly model: string;
  /** The whole conversation before the answer, but for its instructions, which hold for one answer only. */
  readonly input: readonly KeptItem[];
  /** As its client was told it. */
  readonly response: Json;
  /** Length of all this as JSON, in bytes. */
  readonly sizeBytes: number;
}

/** The items of an answer, in the form in which they are kept. */
export const outputOf = ({ model, response }: Pick<KeptResponse, "model" | "response">): readonly KeptItem[] =>
  arrayIn(response, "output")
    .filter(isObject)
    .map((item) => ({ item, model, isAtProvider: response["store"] === true }));

/** The items of a request's own input, what they refer to in its place. */
export const ownInput = (body: Json, items: ReadonlyMap<string, KeptItem>): readonly KeptItem[] => {
  const { input, model } = body;
  const said: readonly unknown[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : arrayIn(body, "input");
  return said.flatMap((item) => {
    const kept = isReference(item) ? items.get(String(item["id"])) : undefined;
    // What is no object is refused where the request is read.
    return kept ?? [{ item: item as Json, model: String(model), isAtProvider: true }];
  });
};

/**
 * A request that says all itself: the conversation it goes on from, and what it refers to, in their places. What is
 * kept by the provider is not relied on, for another one may answer this time.
 */
export const withoutReferences = (body: Json, earlier: readonly KeptItem[], own: readonly KeptItem[]): Json => {
  const { previous_response_id: _previous, ...rest } = body;
  return { ...rest, input: [...earlier, ...own].map((kept) => replayed(kept, body["model"])) };
};

/** Reasoning that is not proven is known by its id only, to nobody but the model that thought it. */
const replayed = ({ item, model, isAtProvider }: KeptItem, asked: unknown): Json => {
  if (!isObject(item) || item["type"] !== "reasoning" || (isAtProvider && model === asked)) return item;
  const { id, encrypted_content: proof } = item;
  return typeof proof === "string" ? item : { ...item, id: madeItemId("reasoning", String(id)) };
};
