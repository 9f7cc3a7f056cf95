import type { ChatRequest } from "../chat/request.ts";
import { dialectId as responsesId } from "../dialects/openai-responses/identity.ts";
import type { Model } from "./catalog.ts";

/** Which of OpenAI's two APIs is spoken: one of them, or that which fits the model and the request. */
export const openaiApis = ["auto", "chat", "responses"] as const;

export type OpenaiApi = (typeof openaiApis)[number];

// By name, for what is newer than the catalog, and for what its source does not tell.
const onlyChat = /^gpt-.*-(audio-preview|search-(preview|api))|^gpt-audio/;
const onlyResponses = /^(codex|computer-use)-|^(gpt-|o)\d.*-(codex|pro|deep-research)(-|$)/;

const onlyApiOf = (name: string, model: Model | undefined): Model["onlyApi"] => {
  if (model?.onlyApi !== undefined) return model.onlyApi;
  if (onlyChat.test(name)) return "chat";
  return onlyResponses.test(name) ? "responses" : undefined;
};

/**
 * The API to ask a model at. Where both serve it, a client of Responses is taken to Responses, if the server is known
 * to have them: what it says passes as it is, hosted tools included. All others are taken to chat.
 */
export const chooseApi = (
  name: string,
  model: Model | undefined,
  request: ChatRequest,
  hasBoth: boolean,
): Exclude<OpenaiApi, "auto"> =>
  onlyApiOf(name, model) ?? (hasBoth && request.dialect === responsesId ? "responses" : "chat");
