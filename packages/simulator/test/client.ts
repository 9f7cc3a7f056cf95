import type { Simulator } from "../src/simulator.ts";

/** A request body for any provider. */
export type Body = Readonly<Record<string, unknown>>;

/** Sends a JSON body with the headers that each of the providers wants. */
export const post = (
  simulator: Simulator,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(simulator.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer some-key",
      "anthropic-version": "2023-06-01",
      "x-goog-api-key": "some-key",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

export const chatPath = "/openai/v1/chat/completions";
export const messagesPath = "/anthropic/v1/messages";
export const responsesPath = "/openai/v1/responses";
export const embeddingsPath = "/openai/v1/embeddings";
export const ollamaPath = "/ollama/api/chat";
export const coherePath = "/cohere/v2/chat";
export const conversePath = (model: string, method = "converse"): string =>
  `/bedrock/model/${encodeURIComponent(model)}/${method}`;
export const geminiPath = (model: string, method = "generateContent"): string =>
  `/gemini/v1beta/models/${encodeURIComponent(model)}:${method}`;

/** The simplest chat request; fields can be added or replaced. */
export const chat = (words: string, fields: Body = {}): Body => ({
  model: "gpt-4o",
  messages: [{ role: "user", content: words }],
  ...fields,
});

/** The simplest messages request. */
export const messages = (words: string, fields: Body = {}): Body => ({
  model: "claude-sonnet-4-5",
  max_tokens: 4_000,
  messages: [{ role: "user", content: words }],
  ...fields,
});

/** The simplest generateContent request. */
export const contents = (words: string, fields: Body = {}): Body => ({
  contents: [{ role: "user", parts: [{ text: words }] }],
  ...fields,
});

/** The simplest responses request. */
export const responses = (input: unknown, fields: Body = {}): Body => ({ model: "gpt-4o", input, ...fields });

/** The simplest converse request. */
export const converse = (words: string, fields: Body = {}): Body => ({
  messages: [{ role: "user", content: [{ text: words }] }],
  ...fields,
});

/** One server-sent event. */
export interface StreamEvent {
  readonly name: string | undefined;
  readonly data: string;
}

/** Takes a finished stream apart, with no help from the code under test. */
export const readEvents = (text: string): readonly StreamEvent[] =>
  text
    .split(/\r?\n\r?\n/u)
    .filter((block) => block.trim() !== "")
    .map((block) => {
      const lines = block.split(/\r?\n/u);
      const valuesOf = (field: string): readonly string[] =>
        lines.filter((line) => line.startsWith(`${field}: `)).map((line) => line.slice(field.length + 2));
      return { name: valuesOf("event")[0], data: valuesOf("data").join("\n") };
    });

/** The JSON of every event but `[DONE]`; tests look into it freely. */
// oxlint-disable-next-line typescript/no-explicit-any
export const readJsonEvents = (text: string): readonly any[] =>
  readEvents(text)
    .filter(({ data }) => data !== "" && data !== "[DONE]")
    .map(({ data }) => JSON.parse(data));
