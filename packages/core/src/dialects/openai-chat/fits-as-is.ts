import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn } from "../fields.ts";
import type { Quirks } from "../quirks.ts";
import { reasoningFields } from "./reasoning.ts";
import { fitsCallId } from "./tool-call-ids.ts";

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

/**
 * Whether a body in this dialect means to a server with these quirks what its client meant. What can be mended in the
 * body's top level by `original-body.ts` (limits, OpenRouter's fields, stream options) is not looked at.
 */
export const fitsAsIs = (body: Json, quirks: Quirks): boolean =>
  fitsParameters(body, quirks) &&
  arrayIn(body, "messages").every((message) => !isObject(message) || fitsMessage(message, quirks)) &&
  (quirks.cacheControl === true ||
    (!isThere(body["cache_control"]) && arrayIn(body, "tools").every((tool) => !marksCache(tool))));

const fitsParameters = (body: Json, quirks: Quirks): boolean => {
  const { tool_choice: choice, temperature, reasoning_effort: effort } = body;
  const control = quirks.reasoningControl ?? "effort";
  if (quirks.unsupported?.some((name) => isThere(body[name]) && !isUsual(name, body[name])) === true) return false;
  if (quirks.noNullFields === true && Object.values(body).includes(null)) return false;
  if (quirks.openrouterExtensions !== true && isThere(body["transforms"])) return false;
  if (choice === "required" && (quirks.requiredToolChoice ?? "required") !== "required") return false;
  if (isObject(choice)) {
    const allowed =
      choice["type"] === "allowed_tools" ? quirks.allowedTools === true : quirks.namedToolChoice !== false;
    if (!allowed) return false;
  }
  if (quirks.wholeFormats === true && !fitsFormat(body)) return false;
  if (quirks.jsonSchema === false && objectIn(body, "response_format")?.["type"] === "json_schema") return false;
  if (typeof temperature === "number" && temperature > (quirks.maxTemperature ?? Infinity)) return false;
  if (quirks.seedField === "random_seed" && isThere(body["seed"])) return false;
  if (isThere(effort) && !fitsEffort(effort, control, quirks)) return false;
  return !isThere(body["reasoning"]) || control === "object";
};

const fitsFormat = ({ response_format: format, stream, tools }: Json): boolean =>
  !isObject(format) || format["type"] === "text" || (stream !== true && !(Array.isArray(tools) && tools.length > 0));

/** What samples as models do that take nothing else. */
const isUsual = (name: string, value: unknown): boolean => (name === "temperature" || name === "top_p") && value === 1;

const fitsEffort = (effort: unknown, control: Quirks["reasoningControl"], { efforts }: Quirks): boolean =>
  typeof effort === "string" &&
  (control === "effort" || (control === "thinking" && efforts !== undefined)) &&
  efforts?.includes(effort) !== false;

const fitsMessage = (message: Json, quirks: Quirks): boolean => {
  const { role, content } = message;
  if (role === "developer" && quirks.developerRole !== true) return false;
  if (isThere(message["name"]) && quirks.messageName === false) return false;
  if (quirks.noNullFields === true && Object.values(message).includes(null)) return false;
  if (quirks.cacheControl !== true && isThere(message["cache_control"])) return false;
  if (Array.isArray(content)) {
    if (quirks.stringContent === true) return false;
    if (quirks.cacheControl !== true && content.some(marksCache)) return false;
  }
  const id = message["tool_call_id"];
  if (typeof id === "string" && !fitsCallId(id, quirks)) return false;
  return role !== "assistant" || fitsAssistant(message, quirks);
};

const plainFields: ReadonlySet<string> = new Set(["reasoning_content", "reasoning"]);

const fitsAssistant = (message: Json, quirks: Quirks): boolean => {
  const { reasoningField = "" } = quirks;
  // A client may write the text of its reasoning in both plain fields: a server that reads another ignores them.
  const isRead = isThere(message[reasoningField]);
  const isKnown = (name: string): boolean => name === reasoningField || (isRead && plainFields.has(name));
  if (reasoningFields.some((name) => isThere(message[name]) && !isKnown(name))) return false;
  const calls = arrayIn(message, "tool_calls").filter(isObject);
  if (calls.length === 0) return quirks.noEmptyTurns !== true || !isEmpty(message["content"]);
  if (quirks.reasoningRequired === "tool-turns" && !isThere(message[reasoningField])) return false;
  return calls.every(
    ({ id, extra_content: extra }) =>
      (typeof id !== "string" || fitsCallId(id, quirks)) && (quirks.thoughtSignatures === true || !isThere(extra)),
  );
};

const isEmpty = (content: unknown): boolean =>
  !isThere(content) || content === "" || (Array.isArray(content) && content.length === 0);

const marksCache = (holder: unknown): boolean => isObject(holder) && isThere(holder["cache_control"]);
