import type { Json } from "../fixtures.ts";
import { isObject, listIn, nulless, withoutEmpty } from "./json.ts";

/** A list of one plain text is a text; nothing said beside calls is nothing. */
const plainContent = (content: unknown): unknown => {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  const [part] = parts;
  if (parts.length === 1 && isObject(part) && part["type"] === "text" && Object.keys(part).length === 2) {
    return part["text"];
  }
  return Array.isArray(content) ? (content as readonly unknown[]).map(plainPart) : (content ?? "");
};

const plainPart = (part: unknown): unknown => {
  if (!isObject(part) || typeof part["image_url"] !== "string") return part;
  return { ...part, image_url: { url: part["image_url"] } };
};

const plainMessage = ({ content, ...message }: Json): Json => {
  const rest = withoutEmpty(message, ["tool_calls"]);
  const { reasoning, ...others } = rest;
  const isTold = rest["reasoning_content"] !== undefined || reasoning === undefined;
  return {
    ...(isTold ? others : rest),
    content:
      content === undefined || content === null || (Array.isArray(content) && content.length === 0)
        ? ""
        : plainContent(content),
  };
};

/** A choice of tools in the words of older or other servers. */
const plainChoice = (choice: unknown): unknown => {
  if (choice === "any") return "required";
  if (!isObject(choice)) return choice;
  return choice["type"] === "tool"
    ? { type: "function", function: { name: choice["name"] } }
    : { type: "function", ...choice };
};

/**
 * A request less the freedoms of the dialect: fields that are null, a text for a list of one, reasoning in two fields,
 * deprecated names, what goes without saying and what says nothing without tools.
 */
export const plainChat = (written: Json): Json => {
  const {
    stream,
    stream_options: _options,
    function_call: call,
    tool_choice: choice = call,
    parallel_tool_calls: parallel,
    ...body
  } = nulless(written);
  return {
    ...body,
    messages: listIn(body, "messages").map(plainMessage),
    ...(stream === true ? { stream } : {}),
    ...(choice === undefined ? {} : { tool_choice: plainChoice(choice) }),
    ...(parallel === undefined || body["tools"] === undefined ? {} : { parallel_tool_calls: parallel }),
  };
};
