import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { invalidValue, readBoolean, readCount, readString, required } from "../fields.ts";
import { decodeRequest as decodeChatRequest } from "../openai-chat/decode-request.ts";
import { dialectId } from "./identity.ts";

const textOnly = "an answer of this kind is text only. Ask POST /v1/chat/completions";

/** What a chat may ask for and a text completion may not. */
const refused: ReadonlyMap<string, string> = new Map([
  ["messages", "what is asked stands in `prompt`. Ask POST /v1/chat/completions"],
  ["tools", textOnly],
  ["tool_choice", textOnly],
  ["functions", textOnly],
  ["function_call", textOnly],
  ["modalities", textOnly],
  ["audio", textOnly],
]);

/**
 * Reads a text completion into the vocabulary: the prompt is what a user says, and the settings are those of a chat.
 * Without `max_tokens` the model's own limit holds, not this API's sixteen: who reasons would not come to the answer.
 */
export const decodeRequest = (body: Json): ChatRequest => {
  for (const [param, why] of refused) if (isThere(body[param])) throw unsupported(param, `${why}.`);
  refuseSettings(body);
  const { prompt, suffix: _suffix, best_of: _best, echo: _echo, ...settings } = body;
  const messages = [{ role: "user", content: promptOf(prompt) }];
  return { ...decodeChatRequest({ ...settings, messages }), dialect: dialectId, operation: "text_completion" };
};

/** Whether the prompt is to be told again before the answer. */
export const wantsEcho = (body: Json): boolean => readBoolean(body["echo"], "echo") === true;

/** The prompt as one text; it may stand alone in a list, as many clients write it. */
export const promptOf = (prompt: unknown): string => {
  const [only, ...others] = Array.isArray(prompt) ? (prompt as readonly unknown[]) : [prompt ?? undefined];
  if (typeof only === "number" || Array.isArray(only)) {
    throw unsupported("prompt", "every model has tokens of its own. Send the prompt as text.");
  }
  if (others.length > 0) throw unsupported("prompt", "one prompt is completed at a time. Send a request for each.");
  const text = required(only, "prompt", "the text to complete");
  if (typeof text !== "string" || text === "") throw invalidValue("prompt", "a text that is not empty", text);
  return text;
};

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

const refuseSettings = (body: Json): void => {
  if ((readString(body["suffix"], "suffix") ?? "") !== "") {
    throw unsupported("suffix", "nothing can be inserted before a text. Put it into the prompt.");
  }
  const bestOf = readCount(body["best_of"], "best_of");
  if (bestOf !== undefined && bestOf !== (readCount(body["n"], "n") ?? 1)) {
    throw unsupported("best_of", "answers are not chosen from. Ask for as many as you want with `n`.");
  }
  if (wantsEcho(body) && isThere(body["logprobs"])) {
    throw unsupported("echo", "nobody tells how probable the prompt was. Remove it, or `logprobs`.");
  }
};

const unsupported = (param: string, why: string): GatewayError =>
  new GatewayError("unsupported_parameter", `\`${param}\` is not supported like this: ${why}`, { param });
