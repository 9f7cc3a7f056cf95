import { sourceOf, type ChatRequest, type RequestSource } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest } from "../dialect.ts";
import { withAnswerTool } from "../answer-tool.ts";
import { present } from "../fields.ts";
import { nameCachedContent, nameCacheHints, ownFields } from "../foreign-fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { replaceModel } from "../replace-model.ts";
import { dialectId } from "./identity.ts";
import { encodeMessages } from "./messages.ts";
import { encodeOutputFormat } from "./output-format.ts";
import { encodeSampling } from "./sampling.ts";
import { encodeThinking, takesThinking } from "./thinking.ts";
import { encodeTools } from "./tools.ts";

const path = "/chat";

/** A request in this dialect; one that came in it and was not changed goes on as it came. */
export const encodeRequest = (given: ChatRequest, target: BackTarget): EncodedRequest => {
  const source = sourceOf(given);
  if (source?.dialect === dialectId) return { path, body: originalBody(source, target.model), dropped: [] };
  // An output format and tools exclude each other.
  const request = (given.tools === undefined ? undefined : withAnswerTool(given)) ?? given;

  const losses = createLosses(target);
  const thinks = takesThinking(target);
  const { tools, toolChoice, strictTools } = encodeTools(request, losses);
  const responseFormat = encodeOutputFormat(request, tools !== undefined, losses);
  // An output format and documents exclude each other: the documents are then told as text.
  const takesDocuments = responseFormat === undefined;
  const { messages, documents } = encodeMessages(request.messages, { losses, thinks, takesDocuments });
  const extras = ownFields(request, dialectId, losses);
  nameWhatIsLost(request, losses);
  const body = {
    ...extras,
    ...present({
      model: target.model,
      messages,
      stream: request.stream ? true : undefined,
      tools,
      strict_tools: strictTools,
      tool_choice: toolChoice,
      documents: documents.length === 0 ? undefined : documents,
      response_format: responseFormat,
      thinking: encodeThinking(request.reasoning, thinks, losses),
      ...encodeSampling(request, target, losses),
    }),
  };
  return { path, body: JSON.stringify(body), dropped: losses.dropped };
};

const originalBody = ({ bytes, body }: RequestSource, model: string): EncodedRequest["body"] =>
  bytes === undefined ? JSON.stringify({ ...body, model }) : replaceModel(bytes, body, model);

/** What asks for no more than the usual; `priority` asks for what every request gets, unless it says otherwise. */
const usualTiers: ReadonlySet<string> = new Set(["auto", "default", "standard", "standard_only", "priority"]);

const nameWhatIsLost = (request: ChatRequest, losses: Losses): void => {
  const { user, metadata, cacheKey, verbosity, logitBias, audio, serviceTier, modalities } = request;
  for (const [param, value] of Object.entries({
    user,
    metadata,
    prompt_cache_key: cacheKey,
    verbosity,
    logit_bias: logitBias,
    audio,
  })) {
    if (value !== undefined) losses.tuning(param);
  }
  if (serviceTier !== undefined && !usualTiers.has(serviceTier)) losses.tuning("service_tier");
  if (modalities?.some((modality) => modality.toLowerCase() !== "text") === true) {
    losses.meaning("modalities", "it answers in text only");
  }
  nameCacheHints(request, losses);
  nameCachedContent(request, losses);
};
