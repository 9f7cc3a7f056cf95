import type { Json } from "../fixtures.ts";
import { inTurns, isObject, listIn, nulless } from "./json.ts";

const toBlocks = (content: unknown): readonly Json[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : listIn({ content }, "content");

const isResult = ({ type }: Json): boolean => type === "tool_result";

const plainBlock = (block: Json): Json =>
  isResult(block) && block["content"] !== undefined ? { ...block, content: toBlocks(block["content"]) } : block;

const silent = new Set(['["tools",[]]', '["temperature",1]', '["stream",false]']);

/**
 * A request less the freedoms of the dialect: a text for a list of one text, a turn in several messages, results before
 * other content, an empty list of tools, a deprecated name, and values that say nothing.
 */
export const plainMessages = (written: Json): Json => {
  const { output_format: format, ...body } = nulless(written);
  const said = listIn(body, "messages").map((message) => ({ ...message, content: toBlocks(message["content"]) }));
  const messages = inTurns(said, "content").map((message) => {
    const blocks = listIn(message, "content").map(plainBlock);
    return { ...message, content: [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))] };
  });
  const fields: Json = {
    ...body,
    ...(body["system"] === undefined ? {} : { system: toBlocks(body["system"]) }),
    ...(isObject(format) ? { output_config: { format } } : {}),
    messages,
  };
  return Object.fromEntries(Object.entries(fields).filter((field) => !silent.has(JSON.stringify(field))));
};
