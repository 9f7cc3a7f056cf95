/** A wire format that providers speak, and the models that are asked behind it. */
export interface Back {
  readonly name: string;
  /** What is asked: the provider's id and a model. */
  readonly model: string;
  /** One that thinks, where the usual one does not. */
  readonly thinker?: string;
  /** One that sees, where the usual one does not. */
  readonly viewer?: string;
  /** Its usage says how many tokens were read from a cache. */
  readonly tellsCached: boolean;
  /** Its usage says how many tokens were thoughts. */
  readonly tellsThoughts: boolean;
  /** It shows thoughts, and not only their number. */
  readonly showsThoughts: boolean;
}

const all = { tellsCached: true, tellsThoughts: true, showsThoughts: true };

/** Every wire format, and two clouds that carry one of them. */
export const backs = [
  { name: "openai-chat", model: "openai/gpt-4o", thinker: "openai/gpt-5-mini", ...all, showsThoughts: false },
  { name: "openai-responses", model: "responses/gpt-4o", thinker: "responses/gpt-5-mini", ...all },
  { name: "anthropic-messages", model: "anthropic/claude-haiku-4-5", ...all },
  { name: "gemini", model: "gemini/gemini-2.5-flash", ...all },
  {
    name: "cohere",
    model: "cohere/command-a-03-2025",
    thinker: "cohere/command-a-reasoning-08-2025",
    viewer: "cohere/command-a-vision-07-2025",
    ...all,
  },
  {
    name: "bedrock-converse",
    model: "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
    ...all,
    tellsThoughts: false,
  },
  { name: "ollama", model: "ollama/qwen3:4b", tellsCached: false, tellsThoughts: false, showsThoughts: true },
  { name: "azure", model: "azure/gpt-4o", thinker: "azure/gpt-5-mini", ...all, showsThoughts: false },
  { name: "vertex", model: "vertex/gemini-2.5-flash", ...all },
] as const satisfies readonly Back[];

export type BackName = (typeof backs)[number]["name"];
