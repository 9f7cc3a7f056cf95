import type { ChatRequest } from "../../chat/request.ts";
import { invalidValue } from "../../dialects/fields.ts";
import { hasHistoryElsewhere } from "../../dialects/history-elsewhere.ts";
import { GatewayError } from "../../errors.ts";
import type { Limits } from "./options.ts";

/**
 * Refuses a request that asks for more than it may, or for nothing. Nothing is lowered in silence.
 *
 * @throws GatewayError `invalid_value`, its `param` in OpenAI's words.
 */
export const checkLimits = (request: ChatRequest, limits: Limits): void => {
  const { choiceCount, maxOutputTokens, messages, tools, stop } = request;
  if (choiceCount !== undefined && !isBetween(choiceCount, 1, limits.maxChoices)) {
    throw invalidValue("n", `an integer from 1 to ${limits.maxChoices}`, choiceCount);
  }
  if (maxOutputTokens !== undefined && !isBetween(maxOutputTokens, 1, Number.MAX_SAFE_INTEGER)) {
    throw invalidValue("max_tokens", "a positive integer", maxOutputTokens);
  }
  if (messages.length === 0 && !hasHistoryElsewhere(request))
    throw invalidLength("messages", "at least one message", 0);
  checkLength("messages", messages, limits.maxMessages, "messages");
  checkLength("tools", tools, limits.maxTools, "tools");
  checkLength("stop", stop, limits.maxStopSequences, "sequences");
};

const isBetween = (value: number, low: number, high: number): boolean =>
  Number.isSafeInteger(value) && value >= low && value <= high;

const checkLength = (param: string, list: readonly unknown[] | undefined, most: number, items: string): void => {
  if (list !== undefined && list.length > most) throw invalidLength(param, `at most ${most} ${items}`, list.length);
};

const invalidLength = (param: string, expected: string, length: number): GatewayError =>
  new GatewayError("invalid_value", `\`${param}\` must hold ${expected}, got ${length}.`, { param });
