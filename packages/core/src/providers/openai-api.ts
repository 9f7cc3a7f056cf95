import type { ChatRequest } from "../chat/request.ts";
import { dialectId as responsesId } from "../dialects/openai-responses/identity.ts";
import { wantsReasoning } from "../dialects/reasoning.ts";
import { searchesWeb } from "../dialects/web-search.ts";
import type { Model } from "./catalog.ts";

/** Which of OpenAI's two APIs is spoken: one of them, or that which fits the model and the request. */
export const openaiApis = ["auto", "chat", "responses"] as const;

export type OpenaiApi = (typeof openaiApis)[number];

// By name, for what is newer than the catalog, and for what its source does not tell.
const onlyChat = /^gpt-.*-(audio-preview|search-(preview|api))|^gpt-audio/;
const onlyResponses = /^(codex|computer-use)-|^(gpt-|o)\d.*-(codex|pro|deep-research)(-|$)/;

/** Those that do not call functions at chat while they are asked to reason. */
const reasonsOverTools = /^gpt-(5\.([4-9]|\d\d)|[6-9])/;

const onlyApiOf = (name: string, model: Model | undefined): Model["onlyApi"] => {
  if (model?.onlyApi !== undefined) return model.onlyApi;
  if (onlyChat.test(name)) return "chat";
  return onlyResponses.test(name) ? "responses" : undefined;
};

/**
 * The API to ask a model at. Where both serve it, a client of Responses is taken to Responses, if the server is known
 * to have them: what it says passes as it is, hosted tools included. So is one that wants what chat has not got: the
 * web searched by a model that does other things as well, or reasoning about functions from a model that does not
 * combine them there. All others are taken to chat.
 */
export const chooseApi = (
  name: string,
  model: Model | undefined,
  request: ChatRequest,
  hasBoth: boolean,
): Exclude<OpenaiApi, "auto"> =>
  onlyApiOf(name, model) ??
  (hasBoth && (request.dialect === responsesId || searchesWeb(request) || reasonsOverFunctions(name, request))
    ? "responses"
    : "chat");

const reasonsOverFunctions = (name: string, { tools = [], reasoning }: ChatRequest): boolean =>
  reasonsOverTools.test(name) && wantsReasoning(reasoning) && tools.some(({ type }) => type === "function");
