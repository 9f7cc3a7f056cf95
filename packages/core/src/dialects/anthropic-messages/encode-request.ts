import { sourceOf, type ChatRequest, type RequestSource } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { traitsOf, type ModelTraits } from "../claude/model-traits.ts";
import { withAnswerTool } from "../answer-tool.ts";
import { adaptSchema } from "../claude/output-schema.ts";
import { encodeSampling } from "../claude/sampling.ts";
import { planThinking } from "../claude/thinking.ts";
import { nameForeignToolFields, ownFields } from "../foreign-fields.ts";
import { describedSchema, jsonInWords } from "../format-in-words.ts";
import { replaceModel, replaceModelField } from "../replace-model.ts";
import { encodeStop, nameLosses } from "../request-losses.ts";
import { createToolIds } from "../tool-ids.ts";
import { withLegalNames } from "../tool-names.ts";
import { toConversation, type Block } from "../turns.ts";
import { betaHeaders } from "./betas.ts";
import { blockShape } from "./encode-content.ts";
import { encodeTools } from "./encode-tools.ts";
import { fitsAsIs } from "./fits-as-is.ts";
import { dialectId } from "./identity.ts";
import { settleCacheMarkers } from "./cache-markers.ts";
import { threadField } from "./threads.ts";

const path = "/messages";
const versionHeader = { "anthropic-version": "2023-06-01" };
const versionField = "anthropic_version";

/** What goes beside a body: the client's betas, and the version, where the body does not state it. */
const headersFor = (request: ChatRequest, { quirks }: BackTarget): EncodedRequest["headers"] & object => ({
  ...(quirks.versionInBody === undefined ? versionHeader : {}),
  ...betaHeaders(request),
});

/**
 * Writes a request: the client's own bytes where it already speaks this dialect and nobody changed the request, else
 * from the vocabulary.
 *
 * @throws GatewayError for what Anthropic's API cannot express and the operator does not want dropped.
 */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const call = { path, headers: headersFor(request, target) };
  const source = ownSource(request, target);
  if (source !== undefined) return { ...call, body: originalBody(source, target), dropped: [] };
  const losses = createLosses(target);
  const body = encodeBody(request, target, losses);
  return { ...call, body: JSON.stringify(nameModel(body, target)), dropped: losses.dropped };
};

/** What may be asked to be counted; all else of a request is refused there. */
const counted: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
]);

/** Writes a request that only asks how many tokens it is. Its address names no model: the body always does. */
export const encodeCountRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const call = { path: `${path}/count_tokens`, headers: headersFor(request, target) };
  const { versionInBody } = target.quirks;
  const version = versionInBody === undefined ? {} : { [versionField]: versionInBody };
  const source = ownSource(request, target);
  if (source !== undefined) {
    const body =
      versionInBody === undefined
        ? originalBody(source, target)
        : JSON.stringify({ ...version, ...source.body, model: target.model });
    return { ...call, body, dropped: [] };
  }
  const losses = createLosses(target);
  const body = encodeBody(request, target, losses);
  const prompt = Object.fromEntries(Object.entries(body).filter(([name]) => counted.has(name)));
  return { ...call, body: JSON.stringify({ ...version, ...prompt }), dropped: losses.dropped };
};

/** The client's own body, where nobody changed the request and the server takes all that is in it. */
const ownSource = (request: ChatRequest, { model }: BackTarget): RequestSource | undefined => {
  const source = sourceOf(request);
  if (source?.dialect !== dialectId || !fitsAsIs(request, model)) return undefined;
  return source.body[threadField] === undefined ? source : undefined;
};

const originalBody = ({ bytes, body }: RequestSource, target: BackTarget): EncodedRequest["body"] => {
  if (bytes === undefined) return JSON.stringify(nameModel(body, target));
  const { versionInBody } = target.quirks;
  return versionInBody === undefined
    ? replaceModel(bytes, body, target.model)
    : replaceModelField(bytes, body, [versionField, versionInBody]);
};

/** Says in the body which model is asked, or which version of the API where the address has the model. */
const nameModel = (body: Json, { model, quirks }: BackTarget): Json => {
  if (quirks.versionInBody === undefined) return { ...body, model };
  const { model: _asked, ...rest } = body;
  return { [versionField]: quirks.versionInBody, ...rest };
};

/** What is taken for the name of a tool. */
const legalName = /^[a-zA-Z0-9_-]{1,128}$/;

const isThinking = ({ type }: Block): boolean => type === "thinking" || type === "redacted_thinking";
const isResult = ({ type }: Block): boolean => type === "tool_result";

const encodeBody = (given: ChatRequest, target: BackTarget, losses: Losses): Json => {
  const isOwn = given.dialect === dialectId;
  const traits = traitsOf(target.model, target.info);
  // Whoever wrote this dialect asks for what the model has.
  const lacksFormat = !isOwn && !traits.structuredOutput && given.outputFormat?.type === "json-schema";
  const formed = (lacksFormat ? withAnswerTool(given) : undefined) ?? given;
  const request = isOwn ? formed : withLegalNames(formed, legalName);
  nameLosses(request, losses);
  if (request.metadata !== undefined) losses.tuning("metadata");
  const { tools, choice, forcesTool } = encodeTools(request, traits, losses);
  const { system, messages } = toConversation(request.messages, {
    losses,
    isOwn,
    midSystem: target.info?.capabilities?.includes("mid-system") === true,
    shape: blockShape({ losses, ids: createToolIds(), isOwn, fetches: target.quirks.mediaUrls !== false }),
  });
  const { format, instruction } = encodeFormat(request, traits, losses);
  if (instruction !== undefined) system.push({ type: "text", text: instruction });
  const plan = planThinking({ request, target, traits, messages, isThinking, isResult, forcesTool, losses });
  const thinks = plan.thinking !== undefined && plan.thinking["type"] !== "disabled";
  const cacheControl = settleCacheMarkers(
    [tools ?? [], system, ...messages.map(({ content }) => content)],
    request.cacheHint,
    losses,
  );
  const extras = ownFields(request, dialectId, losses, request.user === undefined ? [] : ["safety_identifier"]);
  if (!isOwn) nameForeignToolFields(request, losses);
  const body: Record<string, unknown> = present({
    ...extras,
    model: target.model,
    max_tokens: plan.maxTokens,
    system: system.length === 0 ? undefined : system,
    messages,
    tools,
    tool_choice: choice,
    thinking: mergeThinking(extras["thinking"], plan.thinking),
    output_config: merge(extras["output_config"], present({ effort: plan.effort, format })),
    stop_sequences: encodeStop(request.stop, losses),
    ...encodeSampling(request, { traits, isThinking: thinks, quirks: target.quirks, losses }),
    metadata: merge(extras["metadata"], encodeUser(request.user, isOwn, losses)),
    service_tier: encodeServiceTier(request.serviceTier, losses),
    cache_control: cacheControl,
    stream: request.stream ? true : undefined,
  });
  for (const name of [threadField, ...(target.quirks.unsupported ?? [])]) {
    if (!(name in body)) continue;
    losses.tuning(name);
    delete body[name];
  }
  return body;
};

/** A field from what the client wrote in it beyond the vocabulary and what the vocabulary says; absent if empty. */
const merge = (extra: unknown, own: Block | undefined): Block | undefined => {
  const merged = { ...(isObject(extra) ? extra : {}), ...own };
  return Object.keys(merged).length === 0 ? undefined : merged;
};

/** How thinking is shown says nothing where there is none; a kind of it that nobody here knows stands by itself. */
const mergeThinking = (extra: unknown, own: Block | undefined): Block | undefined => {
  const merged = merge(extra, own);
  return merged?.["type"] === undefined ? undefined : merged;
};

interface EncodedFormat {
  readonly format?: Block;
  /** What the system prompt has to say because no field does. */
  readonly instruction?: string;
}

const encodeFormat = (request: ChatRequest, traits: ModelTraits, losses: Losses): EncodedFormat => {
  const wanted = request.outputFormat;
  if (wanted === undefined || wanted.type === "text") return {};
  if (wanted.type === "json") return { instruction: jsonInWords() };
  if (request.dialect === dialectId) return { format: { type: "json_schema", schema: wanted.schema } };
  if (traits.structuredOutput) {
    return { format: { type: "json_schema", schema: adaptSchema(describedSchema(wanted), "response_format", losses) } };
  }
  if (wanted.strict === true) losses.tuning("response_format.json_schema.strict");
  return { instruction: jsonInWords(wanted.schema) };
};

/** Anthropic wants an opaque id and refuses what looks like a person's address or number. */
const encodeUser = (user: string | undefined, isOwn: boolean, losses: Losses): Block | undefined => {
  if (user === undefined) return undefined;
  if (isOwn || !/@|^\+?[\d\s()-]{7,}$/.test(user)) return { user_id: user };
  losses.tuning("user");
  return undefined;
};

const serviceTiers: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "standard_only"],
  ["standard_only", "standard_only"],
]);

const encodeServiceTier = (tier: string | undefined, losses: Losses): string | undefined => {
  if (tier === undefined) return undefined;
  const known = serviceTiers.get(tier);
  if (known === undefined) losses.tuning("service_tier");
  return known;
};
