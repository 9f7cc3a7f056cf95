import type { Json } from "../../dialects/dialect.ts";
import { invalidValue, stringIn } from "../../dialects/fields.ts";
import { madeItemId } from "../../dialects/openai-responses/item-ids.ts";
import type { KeptResponse } from "../../dialects/openai-responses/references.ts";
import { GatewayError } from "../../errors.ts";
import type { Principal } from "../../pipeline/context.ts";
import type { Incoming } from "../exchange.ts";
import type { KeptRoute } from "../routes.ts";
import type { Keeper } from "./keeper.ts";

/**
 * What is answered to who looks up an answer that was kept for him, or wants it forgotten.
 *
 * @throws GatewayError as the keeper does; `invalid_value`, `unsupported_parameter` for what the query asks.
 */
export const lookUpKept = async (
  keeper: Keeper,
  { method, id, part }: KeptRoute,
  incoming: Incoming,
  principal: Principal,
): Promise<Json> => {
  if (method === "DELETE") {
    await keeper.forget(id, principal);
    return { id, object: "response", deleted: true };
  }
  if (incoming.query("stream") === "true") {
    throw new GatewayError("unsupported_parameter", "`stream` is not supported: a kept answer is told whole.", {
      param: "stream",
    });
  }
  const kept = await keeper.find(id, principal);
  return part === "input_items" ? pageOf(kept, id, incoming) : { ...kept.response, store: true };
};

const maxPage = 100;
const defaultPage = 20;

/** One page of what led to an answer, the latest item first unless the query says otherwise. */
const pageOf = ({ input }: KeptResponse, id: string, incoming: Incoming): Json => {
  const items = input.map(({ item }, index) => ({ ...item, ...listed(item, `${id} ${index}`) }));
  if (readOrder(incoming.query("order")) === "desc") items.reverse();
  const after = incoming.query("after");
  const start = after === undefined ? 0 : items.findIndex((item) => item.id === after) + 1;
  if (after !== undefined && start === 0) throw invalidValue("after", "the id of an item of this list", after);
  const data = items.slice(start, start + readLimit(incoming.query("limit")));
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: start + data.length < items.length,
  };
};

/** What an item of a list always has: clients may leave it out of their messages. */
const listed = (
  item: Json,
  seed: string,
): { readonly id: string; readonly type: string; readonly content?: unknown } => {
  const { content } = item;
  return {
    id: stringIn(item, "id") ?? madeItemId("message", seed),
    type: stringIn(item, "type") ?? "message",
    ...(typeof content === "string" ? { content: [{ type: textTypeOf(item), text: content }] } : {}),
  };
};

const textTypeOf = ({ role }: Json): string => (role === "assistant" ? "output_text" : "input_text");

const readOrder = (order = "desc"): "asc" | "desc" => {
  if (order === "asc" || order === "desc") return order;
  throw invalidValue("order", '"asc" or "desc"', order);
};

const readLimit = (limit: string | undefined): number => {
  if (limit === undefined) return defaultPage;
  const count = Number(limit);
  if (Number.isSafeInteger(count) && count >= 1 && count <= maxPage) return count;
  throw invalidValue("limit", `an integer from 1 to ${maxPage}`, limit);
};
