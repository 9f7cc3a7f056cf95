import type { JsonSchema } from "../../chat/request.ts";

// Other keys at the top are refused: `anyOf` and its like, and whatever a schema generator adds of its own.
const topLevelKeys: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "description",
  "title",
  "$defs",
  "definitions",
]);

/** The schema of a tool's input as Claude takes it. It describes an object, whatever else it says. */
export const toInputSchema = (parameters: JsonSchema | undefined): JsonSchema =>
  parameters === undefined || Object.keys(parameters).length === 0
    ? { type: "object", properties: {} }
    : {
        ...Object.fromEntries(Object.entries(parameters).filter(([key]) => topLevelKeys.has(key))),
        type: "object",
      };
