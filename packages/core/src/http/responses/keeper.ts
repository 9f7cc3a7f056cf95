import { createHash } from "node:crypto";
import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { FrontDialect, Json } from "../../dialects/dialect.ts";
import { isObject, stringIn } from "../../dialects/fields.ts";
import { sendAll } from "../../dialects/openai-responses/decode-request.ts";
import { openaiResponses } from "../../dialects/openai-responses/openai-responses.ts";
import {
  outputOf,
  ownInput,
  referencesIn,
  withoutReferences,
  type KeptItem,
  type KeptResponse,
  type References,
} from "../../dialects/openai-responses/references.ts";
import { GatewayError } from "../../errors.ts";
import type { Clock } from "../../pipeline/clock.ts";
import type { Logger, Principal } from "../../pipeline/context.ts";
import { guardStore, unavailable } from "../../stages/cache/guarded-store.ts";
import { seal } from "../../stages/cache/seal.ts";
import type { Recall } from "../receive.ts";
import type { Keep } from "../respond.ts";
import type { ResponseStore } from "./store.ts";

/** An answer that has come to its proper end, and what it is the answer to. */
interface Answered {
  readonly principal: Principal;
  /** The request's body as the client wrote it. */
  readonly body: Json;
  /** The same as it was recalled; absent where it refers to nothing. */
  readonly whole: Json | undefined;
  /** As the client is told it. */
  readonly response: Json;
}

/** Keeps answers for those who asked for them, and for nobody else. */
export interface Keeper {
  /**
   * A request body with everything in its place that it refers to; `undefined` where it refers to nothing.
   *
   * @throws GatewayError `previous_response_not_found` for what is not kept for this caller, `dependency_unavailable`;
   * `unsupported_parameter` where nothing is kept.
   */
  readonly recall: (body: Json, principal: Principal) => Promise<Json> | undefined;
  /** Whether the answer to a request will be kept. */
  readonly keeps: (body: Json) => boolean;
  /** Keeps an answer. Never rejects. */
  readonly keep: (answered: Answered) => Promise<void>;
  /**
   * A kept answer.
   *
   * @throws GatewayError `response_not_found`, `dependency_unavailable`.
   */
  readonly find: (id: string, principal: Principal) => Promise<KeptResponse>;
  /**
   * Forgets an answer.
   *
   * @throws GatewayError as `find` does.
   */
  readonly forget: (id: string, principal: Principal) => Promise<void>;
}

interface Recalled {
  readonly previous: KeptResponse | undefined;
  readonly own: readonly KeptItem[];
}

type Kind = "response" | "item";

const storeTimeoutMs = 1_000;

/** A keeper whose answers are in a store. */
export const createKeeper = (
  store: ResponseStore,
  watch: { readonly clock: Clock; readonly logger: Logger },
): Keeper => {
  const guarded = guardStore(store, storeTimeoutMs, "response");
  /** What was recalled, by the body that it became a part of. */
  const recalled = new WeakMap<Json, Recalled>();

  const get = async <Kept>(kind: Kind, id: string, principal: Principal): Promise<Kept | undefined> => {
    const key = keyOf(kind, id, principal);
    const found = await guarded.get(watch, key);
    if (found === unavailable) {
      throw new GatewayError("dependency_unavailable", "Kept answers can not be looked up now. Try again.");
    }
    // A store that mixes up its values is found out; for the rest, they are what was set under this key.
    return isObject(found.value) && found.value["key"] === key ? (found.value["kept"] as Kept) : undefined;
  };

  const set = async (kind: Kind, id: string, principal: Principal, kept: object, sizeBytes: number): Promise<void> => {
    const key = keyOf(kind, id, principal);
    await guarded.set(watch, key, Object.freeze({ key, kept }), { sizeBytes });
  };

  const resolve = async (body: Json, { previous: id, items }: References, principal: Principal): Promise<Json> => {
    const previous = id === undefined ? undefined : await get<KeptResponse>("response", id, principal);
    if (id !== undefined && previous === undefined) throw notKept("Previous response", id, "previous_response_id");
    const named = new Map<string, KeptItem>();
    await Promise.all(
      [...items].map(async ([itemId, param]) => {
        const item = await get<KeptItem>("item", itemId, principal);
        if (item === undefined) throw notKept("Item", itemId, param);
        named.set(itemId, item);
      }),
    );
    const own = ownInput(body, named);
    const whole = withoutReferences(body, conversationOf(previous), own);
    recalled.set(whole, { previous, own });
    return whole;
  };

  const find: Keeper["find"] = async (id, principal) => {
    const kept = await get<KeptResponse>("response", id, principal);
    if (kept === undefined) throw notFound(id);
    return kept;
  };

  return {
    recall: (body, principal) => {
      const references = referencesIn(body);
      return references === undefined ? undefined : resolve(body, references, principal);
    },
    keeps: (body) => body["store"] !== false,
    keep: async ({ principal, body, whole, response }) => {
      const id = stringIn(response, "id");
      if (id === undefined) return;
      const { previous, own } = (whole && recalled.get(whole)) ?? { previous: undefined, own: ownInput(body, noItems) };
      const said = seal({ own, response });
      const sizeBytes = said.sizeBytes + (previous?.sizeBytes ?? 0);
      const kept: KeptResponse = {
        model: String(body["model"]),
        input: [...conversationOf(previous), ...said.sealed.own],
        response: said.sealed.response,
        sizeBytes,
      };
      await Promise.all([
        set("response", id, principal, kept, sizeBytes),
        ...namedItems(kept).map(([itemId, item]) =>
          set("item", itemId, principal, item, Buffer.byteLength(JSON.stringify(item))),
        ),
      ]);
    },
    find,
    forget: async (id, principal) => {
      const kept = await find(id, principal);
      const keys = namedItems(kept).map(([itemId]) => keyOf("item", itemId, principal));
      const forgotten = await Promise.all(
        [keyOf("response", id, principal), ...keys].map(async (key) => guarded.delete(watch, key)),
      );
      if (forgotten.includes(unavailable)) {
        throw new GatewayError("dependency_unavailable", "The response could not be deleted now. Try again.");
      }
    },
  };
};

/** A keeper that keeps nothing. */
export const forgetful: Keeper = {
  recall: (body) => {
    const references = referencesIn(body);
    if (references === undefined) return undefined;
    const [item] = references.items.values();
    const param = references.previous === undefined ? (item ?? "input") : "previous_response_id";
    const message = `\`${param}\` can not refer to an earlier answer: the gateway is set up to keep none. ${sendAll}`;
    throw new GatewayError("unsupported_parameter", message, { param });
  },
  keeps: () => false,
  keep: () => Promise.resolve(),
  find: (id) => Promise.reject(notFound(id)),
  forget: (id) => Promise.reject(notFound(id)),
};

/** How a request of a dialect recalls what it refers to. */
export const recallFor = (keeper: Keeper, { id }: FrontDialect, principal: Principal): Recall | undefined =>
  id === openaiResponses.id ? (body) => keeper.recall(body, principal) : undefined;

/** How the answer to a request is kept; `undefined` where it is not. */
export const keepFor = (
  keeper: Keeper,
  { id }: FrontDialect,
  request: ChatRequest,
  principal: Principal,
): Keep | undefined => {
  const source = id === openaiResponses.id ? sourceOf(request) : undefined;
  if (source === undefined || !keeper.keeps(source.body)) return undefined;
  return (response) => keeper.keep({ principal, body: source.body, whole: source.whole, response });
};

const noItems: ReadonlyMap<string, KeptItem> = new Map();

/** All that was said up to and with an answer. */
const conversationOf = (kept: KeptResponse | undefined): readonly KeptItem[] =>
  kept === undefined ? [] : [...kept.input, ...outputOf(kept)];

/** The items of an answer that can be referred to one by one. */
const namedItems = (kept: KeptResponse): readonly (readonly [id: string, item: KeptItem])[] =>
  outputOf(kept).flatMap((item) => {
    const id = stringIn(item.item, "id");
    return id === undefined ? [] : [[id, item] as const];
  });

/**
 * Answers belong to who asked for them, as `authenticate` named him: to his tenant's others they are unknown as well.
 * A digest, so that every store takes it for a key, and who reads a store's keys learns nothing of callers.
 */
const keyOf = (kind: Kind, id: string, { id: caller, tenant }: Principal): string =>
  createHash("sha256")
    .update(JSON.stringify([kind, tenant ?? null, caller, id]))
    .digest("hex");

const show = (id: string): string => `'${id.slice(0, 100)}'`;

const notFound = (id: string): GatewayError =>
  new GatewayError("response_not_found", `Response with id ${show(id)} not found.`);

const notKept = (what: string, id: string, param: string): GatewayError =>
  new GatewayError("previous_response_not_found", `${what} with id ${show(id)} not found. ${sendAll}`, { param });
