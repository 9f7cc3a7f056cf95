import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { describedSchema } from "../format-in-words.ts";
import type { Losses } from "../losses.ts";
import { isForced } from "../tool-choice.ts";
import { adaptSchema } from "./output-schema.ts";

/** `response_format`; `undefined` for plain text. JSON mode and schema are one type here. */
export const encodeOutputFormat = (
  { outputFormat: format, toolChoice }: ChatRequest,
  hasTools: boolean,
  losses: Losses,
): Json | undefined => {
  if (format === undefined || format.type === "text") return undefined;
  if (hasTools) {
    // A call that is forced has no form but its own.
    if (isForced(toolChoice)) losses.tuning("response_format");
    else losses.meaning("response_format", "it does not combine one with tools");
    return undefined;
  }
  if (format.type === "json") return { type: "json_object" };
  return { type: "json_object", json_schema: adaptSchema(describedSchema(format)) };
};
