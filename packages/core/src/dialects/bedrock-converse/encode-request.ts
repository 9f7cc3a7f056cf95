import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import { withAnswerTool } from "../answer-tool.ts";
import { betaHeader, betasOf } from "../anthropic-messages/betas.ts";
import { adaptSchema } from "../claude/output-schema.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { nameForeignToolFields, ownFields } from "../foreign-fields.ts";
import { jsonInWords } from "../format-in-words.ts";
import { createLosses, type Losses } from "../losses.ts";
import { nameLosses } from "../request-losses.ts";
import { namesOfCalls } from "../tool-calls.ts";
import { createToolIds } from "../tool-ids.ts";
import { withLegalNames } from "../tool-names.ts";
import { toConversation, type Block } from "../turns.ts";
import { cachePointAfter, settleCachePoints } from "./cache-points.ts";
import { blockShape, maxNameLength } from "./encode-content.ts";
import { encodeTools } from "./encode-tools.ts";
import { dialectId } from "./identity.ts";
import { encodeInference } from "./inference.ts";
import { traitsOf, type ModelTraits } from "./model-traits.ts";
import { finishTurns } from "./finish-turns.ts";
import { modelPath } from "./model-path.ts";

interface Framing {
  readonly stream: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether the answer is asked for as a stream: some models call no tools in one, and answer as a whole instead. */
const framingOf = ({ stream, tools = [], messages }: ChatRequest, { toolStreaming }: ModelTraits): Framing => {
  const mayCall = tools.length > 0 || namesOfCalls(messages).length > 0;
  return stream && (toolStreaming || !mayCall)
    ? { stream, headers: { accept: "application/vnd.amazon.eventstream" } }
    : { stream: false, headers: { accept: "application/json" } };
};

/**
 * Writes a request: the client's own bytes where it already speaks this dialect and nobody changed the request, else
 * from the vocabulary.
 *
 * @throws GatewayError for what Converse cannot express and the operator does not want dropped.
 */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const { stream, headers } = framingOf(request, traitsOf(target.model, target.info));
  const call = { path: modelPath(target.model, stream ? "converse-stream" : "converse"), headers };
  const source = sourceOf(request);
  if (source?.dialect === dialectId) return { ...call, body: source.bytes ?? JSON.stringify(source.body), dropped: [] };
  const losses = createLosses(target);
  const body = encodeBody(request, target, losses);
  const featuresInBody = betasFor(request, target) === undefined ? [] : [betaHeader];
  return { ...call, body: JSON.stringify(body), featuresInBody, dropped: losses.dropped };
};

/** Claude takes its betas wherever it is hosted; here in the body. */
const betasFor = (request: ChatRequest, { model, info }: BackTarget): readonly string[] | undefined => {
  const betas = traitsOf(model, info).claude === undefined ? [] : betasOf(request);
  return betas.length === 0 ? undefined : betas;
};

/** Writes a request that only asks how many tokens it is. */
export const encodeCountRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const losses = createLosses(target);
  const { messages, system, toolConfig, additionalModelRequestFields } = encodeBody(request, target, losses);
  const converse = { messages, system, toolConfig, additionalModelRequestFields };
  return {
    path: modelPath(target.model, "count-tokens"),
    body: JSON.stringify({ input: { converse } }),
    dropped: losses.dropped,
  };
};

const encodeBody = (given: ChatRequest, target: BackTarget, losses: Losses): Json => {
  const isOwn = given.dialect === dialectId;
  const traits = traitsOf(target.model, target.info);
  const lacksFormat = !traits.structuredOutput && given.outputFormat?.type === "json-schema";
  const formed = (lacksFormat && traits.forcedTools ? withAnswerTool(given) : undefined) ?? given;
  const request = withLegalNames(formed);
  nameLosses(request, losses);
  if (request.user !== undefined) losses.tuning("user");
  const extras = ownFields(request, dialectId, losses);
  if (!isOwn) nameForeignToolFields(request, losses);
  const { tools, toolChoice, claudeChoice, forcesTool } = encodeTools(request, traits, losses);
  const { system, messages } = toConversation(request.messages, {
    losses,
    isOwn,
    midSystem: target.info?.capabilities?.includes("mid-system") === true,
    shape: blockShape(createToolIds(maxNameLength), traits, losses),
  });
  const { textFormat, instruction } = encodeFormat(request, traits, losses);
  if (instruction !== undefined) system.push({ text: instruction });
  const { config, fields } = encodeInference({ request, target, traits, messages, forcesTool, losses });
  finishTurns(messages);
  messages.at(-1)?.content.push(...cachePointAfter(request.cacheHint, "prompt", traits, losses));
  settleCachePoints([tools, system, ...messages.map(({ content }) => content)], losses);
  return present({
    ...extras,
    messages,
    system: system.length === 0 ? undefined : system,
    inferenceConfig: merge(extras["inferenceConfig"], config),
    toolConfig: tools.length === 0 ? undefined : present({ tools, toolChoice }),
    outputConfig: merge(extras["outputConfig"], present({ textFormat })),
    additionalModelRequestFields: merge(
      extras["additionalModelRequestFields"],
      present({ ...fields, tool_choice: claudeChoice, anthropic_beta: betasFor(request, target) }),
    ),
    additionalModelResponseFieldPaths: stopSequencePath(config, traits) ?? extras["additionalModelResponseFieldPaths"],
    requestMetadata: encodeMetadata(request.metadata, losses),
    serviceTier: encodeServiceTier(request.serviceTier, losses),
  });
};

/** A field from what the client wrote in it beyond the vocabulary and what the vocabulary says; absent if empty. */
const merge = (extra: unknown, own: Json): Json | undefined => {
  const merged = { ...(isObject(extra) ? extra : {}), ...own };
  return Object.keys(merged).length === 0 ? undefined : merged;
};

/** Claude tells which sequence it stopped at, if asked. */
const stopSequencePath = ({ stopSequences }: Json, { claude }: ModelTraits): readonly string[] | undefined =>
  claude === undefined || stopSequences === undefined ? undefined : ["/stop_sequence"];

interface EncodedFormat {
  readonly textFormat?: Block;
  /** What the system prompt has to say because no field does. */
  readonly instruction?: string;
}

const encodeFormat = ({ outputFormat }: ChatRequest, traits: ModelTraits, losses: Losses): EncodedFormat => {
  if (outputFormat === undefined || outputFormat.type === "text") return {};
  if (outputFormat.type === "json") return { instruction: jsonInWords() };
  const { schema, name, description, strict } = outputFormat;
  if (!traits.structuredOutput) {
    if (strict === true) losses.tuning("response_format.json_schema.strict");
    return { instruction: jsonInWords(schema) };
  }
  const text = JSON.stringify(adaptSchema(schema, "response_format", losses));
  return {
    textFormat: { type: "json_schema", structure: { jsonSchema: present({ schema: text, name, description }) } },
  };
};

const maxMetadata = 16;
const legalMetadata = /^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$/;

/** Metadata for the provider's log: all of it or, where a part would be refused, as much as is taken. */
const encodeMetadata = (metadata: ChatRequest["metadata"], losses: Losses): Json | undefined => {
  const entries = Object.entries(metadata ?? {});
  const legal = entries.filter((entry) => entry.every((text) => legalMetadata.test(text))).slice(0, maxMetadata);
  if (legal.length < entries.length) losses.tuning("metadata");
  return legal.length === 0 ? undefined : Object.fromEntries(legal);
};

const serviceTiers: ReadonlyMap<string, string> = new Map([
  ["default", "default"],
  ["standard", "default"],
  ["standard_only", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
  ["reserved", "reserved"],
]);

const encodeServiceTier = (wanted: string | undefined, losses: Losses): Json | undefined => {
  // `auto` leaves it to the account's own setting, as saying nothing does.
  if (wanted === undefined || wanted === "auto") return undefined;
  const type = serviceTiers.get(wanted);
  if (type === undefined) losses.tuning("service_tier");
  return type === undefined ? undefined : { type };
};
