/**
 * Writes `packages/core/src/providers/catalog.json` from a price list in LiteLLM's format.
 *
 *     node scripts/build-catalog.ts [price list] [date of its content] [--accept]
 *
 * Kept are the chat and embedding models of the providers in `sources`, under the names the providers themselves use.
 * Prices become integer nano-dollars per token, fractions rounded up: what is computed from them may be a little too
 * high, never too low. A price of zero in the list can mean free, unknown or paid otherwise, so it is believed only of
 * models known to be free and left out elsewhere. What a row does not state stays unknown.
 *
 * The list is edited by many hands. A row that is not well-formed is skipped and named, and a new catalog that lost a
 * fifth of its models or in which a price changed more than tenfold is refused unless `--accept` is given.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Capability, CatalogFile } from "../packages/core/src/providers/catalog.ts";
import { sourceOf } from "./catalog/licence.ts";
import { priceParts, priceRow, pricesOf, readPrices, type Prices } from "./catalog/prices.ts";
import { isObject, Skip, tokens, type Json, type Row } from "./catalog/row.ts";
import { sources, wrong, type Source } from "./catalog/sources.ts";

const capabilityFields: Readonly<Record<Capability, string>> = {
  tools: "supports_function_calling",
  "parallel-tools": "supports_parallel_function_calling",
  "tool-choice": "supports_tool_choice",
  "json-schema": "supports_response_schema",
  reasoning: "supports_reasoning",
  vision: "supports_vision",
  "audio-input": "supports_audio_input",
  "audio-output": "supports_audio_output",
  "video-input": "supports_video_input",
  "file-input": "supports_pdf_input",
  "prompt-caching": "supports_prompt_caching",
  "assistant-prefill": "supports_assistant_prefill",
  "web-search": "supports_web_search",
  "system-messages": "supports_system_messages",
  "mid-system": "supports_mid_conversation_system",
  "adaptive-thinking": "supports_adaptive_thinking",
};

const states = (row: Json, capability: Capability): boolean => {
  const stated = row[capabilityFields[capability]];
  // Who lets tools be chosen, or called in parallel, has tools; some rows state only that.
  const isImplied = capability === "tools" && stated === undefined;
  return isImplied ? states(row, "tool-choice") || states(row, "parallel-tools") : stated === true;
};

const abilitiesOf = (row: unknown): Json => {
  const fields = new Set(Object.values(capabilityFields));
  return Object.fromEntries(Object.entries(isObject(row) ? row : {}).filter(([field]) => fields.has(field)));
};

type Mode = "chat" | "embedding";
/** What a model is for, and the only API that serves it where its provider has two. */
type Service = { readonly mode: Mode; readonly only?: NonNullable<Row["only"]> };

const encode = (row: Json, { mode, only }: Service, free: boolean): Row => {
  const read = readPrices(row);
  const base = read.find((tier) => tier.serviceTier === null && tier.above === null);
  const price = base && pricesOf(base.prices, mode, free);
  const tiers = read
    .filter((tier) => tier !== base && price !== undefined)
    // A tier that changes one of the totals keeps the ordinary other one.
    .map((tier) => ({
      ...tier,
      prices: pricesOf({ input: price?.input, output: price?.output, ...tier.prices } as Prices, mode, false),
    }))
    .flatMap((tier) => (tier.prices === undefined ? [] : [{ ...tier, price: priceRow(tier.prices) }]))
    .filter((tier) => price !== undefined && tier.price.join() !== priceRow(price).join())
    .toSorted((a, b) => compare(a.serviceTier ?? "", b.serviceTier ?? "") || (a.above ?? 0) - (b.above ?? 0));

  const window = tokens(row, "max_input_tokens");
  const output = mode === "chat" ? tokens(row, "max_output_tokens") : undefined;
  const legacy = output === undefined ? tokens(row, "max_tokens") : undefined;
  const can = Object.keys(capabilityFields).reduce(
    // The keys are capabilities: the record has exactly those.
    (mask, capability, bit) => (states(row, capability as Capability) ? mask | (1 << bit) : mask),
    0,
  );
  const until = row["deprecation_date"];
  if (until !== undefined && until !== null && !/^\d{4}-\d\d-\d\d$/.test(String(until))) {
    throw new Skip("deprecation_date is no date");
  }
  const contextWindow = window ?? legacy;
  if (contextWindow === undefined && output === undefined && price === undefined && can === 0) {
    throw new Skip("says nothing of the model");
  }
  return {
    ...(mode === "embedding" ? { embedding: 1 } : {}),
    ...(only === undefined ? {} : { only }),
    ...(contextWindow === undefined ? {} : { window: contextWindow }),
    ...(output === undefined ? {} : { output }),
    ...(can === 0 ? {} : { can }),
    ...(price === undefined ? {} : { price: priceRow(price) }),
    ...(tiers.length === 0 ? {} : { tiers: tiers.map((tier) => [tier.serviceTier, tier.above, tier.price] as const) }),
    ...(typeof until === "string" ? { until } : {}),
  };
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The provider's own name for a model; `undefined` where it has none of that name. */
const idOf = (key: string, { prefix, bare, shape }: Source): string | undefined => {
  const stripped = prefix !== undefined && key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
  const id = stripped ?? (bare ? key : undefined);
  if (id === undefined || shape?.test(id) === false) return undefined;
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (id.length === 0 || id.length > 256 || /[\u0000-\u001f\u007f]/.test(id)) throw new Skip("not a legal name");
  return id;
};

const chatEndpoints = ["/v1/chat/completions", "/v1/messages", "/v1/completions"];

const serviceOf = (row: Json, hasResponses: boolean): Service => {
  const { mode, supported_endpoints: served } = row;
  if (mode === "embedding") return { mode };
  if (mode === "responses" && hasResponses) return { mode: "chat", only: "responses" };
  if (mode !== "chat") throw new Skip("neither chat nor embedding");
  if (!Array.isArray(served)) return { mode };
  const isChat = chatEndpoints.some((endpoint) => served.includes(endpoint));
  const isResponse = hasResponses && served.includes("/v1/responses");
  if (!isChat && !isResponse) throw new Skip("not served as chat");
  return isChat === isResponse || !hasResponses ? { mode } : { mode, only: isChat ? "chat" : "responses" };
};

/** The catalog of a price list, and what became of its rows. */
export const buildCatalog = (
  list: Json,
  source: CatalogFile["source"],
): { readonly catalog: CatalogFile; readonly skipped: readonly { key: string; reason: string }[] } => {
  // A maker's name in the list may cover what are several providers here: each takes the models of its shape.
  const byName = Map.groupBy(
    Object.entries(sources).flatMap(([id, from]) => from.names.map((name) => ({ name, id, from }))),
    ({ name }) => name,
  );
  const providers = new Map<string, Map<string, Row>>(Object.keys(sources).map((id) => [id, new Map()]));
  const skipped: { key: string; reason: string }[] = [];
  // Prefixed keys first: where the list has a model twice, the prefixed row was written for this provider.
  const entries = Object.entries(list).toSorted(
    ([a], [b]) => Number(b.includes("/")) - Number(a.includes("/")) || compare(a, b),
  );
  for (const [key, row] of entries) {
    if (!isObject(row)) continue;
    const takers = byName.get(String(row["litellm_provider"]));
    if (takers === undefined) continue;
    try {
      const reason = wrong.get(key);
      if (reason !== undefined) throw new Skip(reason);
      const taker = takers.find(({ from }) => idOf(key, from) !== undefined);
      const id = taker && idOf(key, taker.from);
      const models = taker && providers.get(taker.id);
      if (taker === undefined || id === undefined || models === undefined)
        throw new Skip("not a name the provider uses");
      if (models.has(id)) throw new Skip("listed twice");
      const { twin, free, responses } = taker.from;
      const service = serviceOf(row, responses === true);
      const abilities = twin === undefined ? {} : abilitiesOf(list[twin + id]);
      models.set(id, encode({ ...abilities, ...row }, service, free?.test(id) === true));
    } catch (error) {
      if (!(error instanceof Skip)) throw error;
      skipped.push({ key, reason: error.message });
    }
  }
  const sorted = [...providers].toSorted(([a], [b]) => compare(a, b));
  return {
    catalog: {
      source,
      // The keys are capabilities: the record has exactly those.
      capabilities: Object.keys(capabilityFields) as Capability[],
      prices: priceParts,
      providers: Object.fromEntries(
        sorted.map(([id, models]) => [id, Object.fromEntries([...models].toSorted(([a], [b]) => compare(a, b)))]),
      ),
    },
    skipped,
  };
};

/** JSON with one model a line, so that a refresh can be read as a diff. */
export const formatCatalog = ({ source, capabilities, prices: parts, providers }: CatalogFile): string => {
  const lines = Object.entries(providers).map(([id, models]) => {
    const rows = Object.entries(models).map(([model, row]) => `${JSON.stringify(model)}:${JSON.stringify(row)}`);
    return `${JSON.stringify(id)}:{${rows.map((row) => `\n${row}`).join(",")}\n}`;
  });
  const head = { source, capabilities, prices: parts };
  return `${JSON.stringify(head, undefined, 1).slice(0, -2)},\n "providers":{\n${lines.join(",\n")}\n}}\n`;
};

/** What makes a new catalog suspicious beside the one it replaces. */
export const suspicions = (before: CatalogFile, after: CatalogFile): string[] => {
  const found: string[] = [];
  const count = ({ providers }: CatalogFile): number =>
    Object.values(providers).reduce((sum, models) => sum + Object.keys(models).length, 0);
  if (count(after) < count(before) * 0.8) found.push(`only ${count(after)} models are left of ${count(before)}`);
  for (const [provider, models] of Object.entries(after.providers)) {
    for (const [id, { price }] of Object.entries(models)) {
      const old = before.providers[provider]?.[id]?.price;
      for (const part of [0, 1]) {
        const [from, to] = [old?.[part] ?? 0, price?.[part] ?? 0];
        if (from > 0 && to > 0 && Math.max(from / to, to / from) > 10) {
          found.push(`${provider}/${id}: ${priceParts[part]} went from ${from} to ${to} nano-dollars`);
        }
      }
    }
  }
  return found;
};

const main = (args: readonly string[]): void => {
  const accept = args.includes("--accept");
  const [path, date = "2026-07-24"] = args.filter((arg) => !arg.startsWith("--"));
  const input = path ?? new URL("../../shared/data/litellm-model-prices.json", import.meta.url);
  const output = new URL("../packages/core/src/providers/catalog.json", import.meta.url);

  const list: unknown = JSON.parse(readFileSync(input, "utf8"));
  if (!isObject(list)) throw new TypeError("The price list must be an object of models.");
  const { catalog, skipped } = buildCatalog(list, sourceOf(date));
  if (!accept && existsSync(output)) {
    // Written by an earlier run of this script.
    const found = suspicions(JSON.parse(readFileSync(output, "utf8")) as CatalogFile, catalog);
    if (found.length > 0) throw new Error(`Not written; run with --accept if this is right:\n${found.join("\n")}`);
  }
  const text = formatCatalog(catalog);
  writeFileSync(output, text);

  for (const [provider, models] of Object.entries(catalog.providers)) {
    const rows = Object.values(models);
    console.log(`${provider}: ${rows.length} models, ${rows.filter((row) => row.price !== undefined).length} priced`);
  }
  const reasons = Map.groupBy(skipped, ({ reason }) => reason);
  for (const [reason, rows] of reasons) {
    const few = rows.length > 12 ? "" : `: ${rows.map(({ key }) => key).join(", ")}`;
    console.log(`skipped ${rows.length} (${reason})${few}`);
  }
  console.log(`${(text.length / 1024).toFixed(0)} KB`);
};

if (import.meta.main) main(process.argv.slice(2));
