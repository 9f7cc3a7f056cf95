import { sourceOf, type ChatRequest, type RequestSource } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { objectIn, present } from "../fields.ts";
import { nameCachedContent, nameCacheHints, ownFields } from "../foreign-fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { replaceModel } from "../replace-model.ts";
import { dialectId } from "./identity.ts";
import { encodeMessages } from "./messages.ts";
import { encodeOptions } from "./options.ts";
import { encodeFormat } from "./output-format.ts";
import { encodeThink } from "./thinking.ts";
import { encodeTools } from "./tools.ts";

const path = "/api/chat";

/**
 * Left to itself, a server forgets the oldest messages, and what it has just written, when its context is full, and says
 * nothing of it. With these it refuses a prompt that does not fit, and ends the answer with `length`.
 */
const forgetNothing = { truncate: false, shift: false };

/** A request in this dialect; one that came in it and was not changed goes on as it came. */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const headers = { accept: request.stream ? "application/x-ndjson" : "application/json" };
  const source = sourceOf(request);
  if (source?.dialect === dialectId) return { path, headers, body: originalBody(source, target.model), dropped: [] };

  const losses = createLosses(target);
  const extras = ownFields(request, dialectId, losses);
  const options = { ...objectIn(extras, "options"), ...encodeOptions(request, target, losses) };
  nameWhatIsLost(request, losses);
  const body = {
    ...forgetNothing,
    ...extras,
    ...present({
      model: target.model,
      messages: encodeMessages(request.messages, losses),
      // A server streams unless it is told not to.
      stream: request.stream,
      tools: encodeTools(request, losses),
      format: encodeFormat(request.outputFormat, losses),
      think: encodeThink(request.reasoning, target, losses),
      options: Object.keys(options).length === 0 ? undefined : options,
      ...encodeLogprobs(request, target, losses),
    }),
  };
  return { path, headers, body: JSON.stringify(body), dropped: losses.dropped };
};

const originalBody = ({ bytes, body }: RequestSource, model: string): EncodedRequest["body"] =>
  bytes === undefined ? JSON.stringify({ ...body, model }) : replaceModel(bytes, body, model);

const encodeLogprobs = (request: ChatRequest, { quirks }: BackTarget, losses: Losses): Json => {
  if (request.logprobs !== true) return {};
  if (quirks.unsupported?.includes("logprobs") !== true) return { logprobs: true, top_logprobs: request.topLogprobs };
  losses.meaning("logprobs", "it does not tell them");
  return {};
};

/** What asks for no more than the usual. */
const usualTiers: ReadonlySet<string> = new Set(["auto", "default", "standard", "standard_only"]);

const nameWhatIsLost = (request: ChatRequest, losses: Losses): void => {
  const { user, metadata, cacheKey, verbosity, logitBias, audio, serviceTier, modalities } = request;
  const lacking = { user, metadata, prompt_cache_key: cacheKey, verbosity, logit_bias: logitBias, audio };
  for (const [param, value] of Object.entries(lacking)) if (value !== undefined) losses.tuning(param);
  if (serviceTier !== undefined && !usualTiers.has(serviceTier)) losses.tuning("service_tier");
  if ((request.choiceCount ?? 1) > 1) losses.meaning("n", "it gives one answer at a time");
  if (modalities?.some((modality) => modality.toLowerCase() !== "text") === true) {
    losses.meaning("modalities", "it answers in text only");
  }
  nameCacheHints(request, losses);
  nameCachedContent(request, losses);
};
