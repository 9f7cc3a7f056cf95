import OpenAI from "openai";

/** What the tour shows: one line for each kind of request. */
export interface Step {
  readonly title: string;
  readonly run: (client: OpenAI) => Promise<Shown>;
}

export interface Shown {
  readonly text: string;
  readonly headers: Headers;
}

const ask = async (client: OpenAI, model: string, content: string): Promise<Shown> => {
  const { data, response } = await client.chat.completions
    .create({ model, messages: [{ role: "user", content }] })
    .withResponse();
  return { text: data.choices[0]?.message.content ?? "", headers: response.headers };
};

const stream = async (client: OpenAI, model: string, content: string): Promise<Shown> => {
  const { data, response } = await client.chat.completions
    .create({ model, messages: [{ role: "user", content }], stream: true })
    .withResponse();
  const pieces: string[] = [];
  for await (const chunk of data) pieces.push(chunk.choices[0]?.delta.content ?? "");
  return { text: `${pieces.join("")} [${pieces.length} chunks]`, headers: response.headers };
};

export const steps: readonly Step[] = [
  { title: "A whole answer from OpenAI", run: (client) => ask(client, "fast", "What is 17 * 3?") },
  {
    title: "The same client, streamed from Anthropic",
    run: (client) => stream(client, "anthropic/claude-haiku-4-5", "Name three rivers."),
  },
  {
    title: "And from Gemini",
    run: (client) => stream(client, "gemini/gemini-2.5-flash", "Name three mountains."),
  },
  { title: "OpenAI is down: the next target answers", run: (client) => ask(client, "sturdy", "Are you there?") },
  { title: "Asked again: from the cache", run: (client) => ask(client, "fast", "What is 17 * 3?") },
  {
    title: "A secret in the prompt is redacted before it leaves",
    run: (client) => ask(client, "fast", 'Say "my card is 4111 1111 1111 1111"'),
  },
  {
    title: "A forbidden topic is blocked",
    run: async (client) => {
      try {
        return await ask(client, "fast", "Tell me about Project Nightjar.");
      } catch (error) {
        if (!(error instanceof OpenAI.APIError)) throw error;
        return { text: `${error.status} ${error.code}: ${error.message}`, headers: error.headers ?? new Headers() };
      }
    },
  },
];
