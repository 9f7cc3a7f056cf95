import { type ChatRequest, type RequestSource, sourceOf } from "../../chat/request.ts";
import { withAnswerTool } from "../answer-tool.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { arrayIn, isObject, present } from "../fields.ts";
import { nameCacheHints, nameForeignToolFields, ownFields } from "../foreign-fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { withLegalNames } from "../tool-names.ts";
import { encodeMessages } from "./contents.ts";
import { fitsAsIs } from "./fits-as-is.ts";
import { encodeGenerationConfig } from "./generation-config.ts";
import { dialectId } from "./identity.ts";
import { encodeLabels } from "./labels.ts";
import { mergeObjects } from "./merge-objects.ts";
import { modelTraits } from "./model-traits.ts";
import { encodeTools } from "./tools.ts";

/** A request in this dialect; one that came in it, fits and was not changed goes on as it came. */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const path = pathOf(target.model, request.stream ? "streamGenerateContent?alt=sse" : "generateContent");
  const source = ownSource(request, target);
  if (source !== undefined) return { path, body: originalBody(source), dropped: [] };
  const losses = createLosses(target);
  return { path, body: JSON.stringify(encodeBody(request, target, losses)), dropped: losses.dropped };
};

/** The body a request came in, where it may go on as it is. */
export const ownSource = (request: ChatRequest, { model, quirks, info }: BackTarget): RequestSource | undefined => {
  const source = sourceOf(request);
  if (source?.dialect !== dialectId || !fitsAsIs(request, modelTraits(info?.base ?? model))) return undefined;
  return quirks.statedRoles !== true || statesRoles(source.body) ? source : undefined;
};

/** Whether each turn says whose it is. */
const statesRoles = (body: Json): boolean =>
  arrayIn(body, "contents").every((turn) => isObject(turn) && typeof turn["role"] === "string");

/** What is taken for the name of a function. */
const legalName = /^[a-zA-Z_][\w.:-]{0,63}$/;

/** A request's body from the vocabulary. */
export const encodeBody = (given: ChatRequest, target: BackTarget, losses: Losses): Json => {
  const traits = modelTraits(target.info?.base ?? target.model);
  const hasFunctions = given.tools?.some(({ type }) => type === "function") === true;
  const formed = (hasFunctions && !traits.schemaWithTools ? withAnswerTool(given) : undefined) ?? given;
  const request = given.dialect === dialectId ? formed : withLegalNames(formed, legalName);
  const { systemInstruction, contents } = encodeMessages(request, traits, losses);
  const { tools, toolConfig } = encodeTools(request, traits, losses);
  const generationConfig = encodeGenerationConfig(request, traits, target, losses);
  const extras = ownFields(request, dialectId, losses);
  if (request.dialect !== dialectId) nameForeignToolFields(request, losses);
  nameWhatIsLost(request, target, losses);
  return {
    ...extras,
    ...present({
      systemInstruction,
      contents,
      tools,
      toolConfig: filled(mergeObjects(extras["toolConfig"], toolConfig ?? {})),
      generationConfig: filled(mergeObjects(extras["generationConfig"], generationConfig)),
      serviceTier: serviceTier(request, losses),
      cachedContent: request.cachedContent,
      labels: target.quirks.labels === true ? encodeLabels(request, losses) : undefined,
    }),
  };
};

const filled = (object: Json): Json | undefined => (Object.keys(object).length === 0 ? undefined : object);

const hasCollection = (model: string): boolean => /^(models|tunedModels|endpoints)\/./.test(model);

/** A model's name with its collection; some have it already (`tunedModels/…`). */
export const resourceName = (model: string): string => (hasCollection(model) ? model : `models/${model}`);

/** The model stands in the path. */
export const pathOf = (model: string, verb: string): string => {
  const name = hasCollection(model)
    ? model.split("/").map(encodeURIComponent).join("/")
    : `models/${encodeURIComponent(model)}`;
  return `/${name}:${verb}`;
};

/** The body as it came. Its `model` is left out: only the path names the model that was chosen. */
const originalBody = ({ bytes, body }: RequestSource): string | Uint8Array => {
  if (!Object.hasOwn(body, "model")) return bytes ?? JSON.stringify(body);
  const { model: _model, ...rest } = body;
  return JSON.stringify(rest);
};

const tiers: ReadonlyMap<string, string> = new Map([
  ["default", "standard"],
  ["standard", "standard"],
  ["standard_only", "standard"],
  ["flex", "flex"],
  ["priority", "priority"],
]);

const serviceTier = ({ serviceTier: wanted }: ChatRequest, losses: Losses): string | undefined => {
  // `auto` leaves it to the project's own setting, as saying nothing does.
  if (wanted === undefined || wanted === "auto") return undefined;
  const tier = tiers.get(wanted);
  if (tier === undefined) losses.tuning("service_tier");
  return tier;
};

const nameWhatIsLost = (request: ChatRequest, { quirks }: BackTarget, losses: Losses): void => {
  const { user, cacheKey, verbosity, logitBias } = request;
  const metadata = quirks.labels === true ? undefined : request.metadata;
  for (const [param, value] of Object.entries({
    user,
    metadata,
    prompt_cache_key: cacheKey,
    verbosity,
    logit_bias: logitBias,
  })) {
    if (value !== undefined) losses.tuning(param);
  }
  nameCacheHints(request, losses);
};
