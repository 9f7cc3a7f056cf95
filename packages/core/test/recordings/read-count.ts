import type { Recording } from "./fixtures.ts";

/** The field that holds the count, by wire format. */
const fields: Readonly<Record<string, string>> = {
  "anthropic-count": "input_tokens",
  "openai-responses-count": "input_tokens",
  "gemini-count": "totalTokens",
  "bedrock-count": "inputTokens",
};

/** The wire formats in which a count of tokens can be read. */
export const countDialects: ReadonlySet<string> = new Set(Object.keys(fields));

/** How many tokens a recording says. */
export const readCount = ({ dialect, body }: Recording): unknown =>
  (JSON.parse(body.toString()) as Record<string, unknown>)[fields[dialect] ?? ""];
