import type { Json } from "../fixtures.ts";
import { isObject, nulless, withoutEmpty } from "./json.ts";

const say = (role: unknown, content: unknown): Json => ({
  type: "message",
  role,
  content:
    typeof content === "string"
      ? [{ type: role === "assistant" ? "output_text" : "input_text", text: content }]
      : content,
});

/** An item less the freedoms of the dialect and what a server says of its own items. */
const plainItem = (item: unknown): unknown => {
  if (!isObject(item)) return item;
  const { type = "message", ...rest } = item;
  switch (type) {
    case "message":
      return say(item["role"], item["content"]);
    case "function_call": {
      const { id: _id, status: _status, ...call } = rest;
      return { type, ...call };
    }
    case "reasoning":
      return { type, ...withoutEmpty(rest, ["content"]) };
    default:
      return { type, ...rest };
  }
};

/** A request less the freedoms of the dialect: a text for a list, instructions for a system message, defaults. */
export const plainResponses = (written: Json): Json => {
  const { input, instructions, stream, background, include, ...body } = nulless(written);
  const items = typeof input === "string" ? [say("user", input)] : Array.isArray(input) ? input.map(plainItem) : [];
  return {
    ...withoutEmpty(body, Object.keys(body)),
    input: typeof instructions === "string" ? [say("system", instructions), ...items] : items,
    stream: stream === true,
    background: background === true,
    // Told to every client.
    include: Array.isArray(include) ? include.filter((name) => name !== "reasoning.encrypted_content") : [],
  };
};
