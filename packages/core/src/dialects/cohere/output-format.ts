import type { OutputFormat } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import type { Losses } from "../losses.ts";
import { adaptSchema } from "./output-schema.ts";

/** `response_format`; `undefined` for plain text. JSON mode and schema are one type here. */
export const encodeOutputFormat = (
  format: OutputFormat | undefined,
  hasTools: boolean,
  losses: Losses,
): Json | undefined => {
  if (format === undefined || format.type === "text") return undefined;
  if (hasTools) {
    losses.meaning("response_format", "it does not combine one with tools");
    return undefined;
  }
  if (format.type === "json") return { type: "json_object" };
  const { schema, description } = format;
  const described = description === undefined || "description" in schema ? schema : { ...schema, description };
  return { type: "json_object", json_schema: adaptSchema(described) };
};
