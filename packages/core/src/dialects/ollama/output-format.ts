import type { OutputFormat } from "../../chat/request.ts";
import type { Losses } from "../losses.ts";

/** `format`: `"json"` or the schema itself; `undefined` for plain text. Answers are always held to it. */
export const encodeFormat = (format: OutputFormat | undefined, losses: Losses): unknown => {
  if (format === undefined || format.type === "text") return undefined;
  if (format.type === "json") return "json";
  // The schema becomes a grammar that the model itself never reads.
  if (format.description !== undefined) losses.tuning("response_format.json_schema.description");
  return format.schema;
};
