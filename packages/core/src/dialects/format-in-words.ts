import type { JsonSchema, OutputFormat } from "../chat/request.ts";

const start = "Answer with one JSON object and nothing else.";

/** What a model is told of the form of its answer where no parameter can hold it to that form. */
export const jsonInWords = (schema?: JsonSchema): string =>
  schema === undefined ? start : `${start} It must be valid under this JSON Schema:\n${JSON.stringify(schema)}`;

/** An output format's schema, with the format's own description where the schema has none. */
export const describedSchema = ({ schema, description }: Extract<OutputFormat, { type: "json-schema" }>): JsonSchema =>
  description === undefined || "description" in schema ? schema : { description, ...schema };
