import { anthropic } from "./anthropic/anthropic.ts";
import { gemini } from "./gemini/gemini.ts";
import { bedrock } from "./bedrock/bedrock.ts";
import { cohere } from "./cohere/cohere.ts";
import { ollama } from "./ollama/ollama.ts";
import { openaiResponses } from "./openai-responses/openai-responses.ts";
import { openai } from "./openai/openai.ts";
import type { Provider, Route } from "./provider.ts";

/** Every provider the simulator speaks for. */
export const providers: readonly Provider[] = [openai, anthropic, gemini, cohere, bedrock, ollama];

/** What is spoken: some providers have more than one wire format. */
const spoken: readonly Provider[] = [...providers, openaiResponses];

/** The provider that a path belongs to, and what it asks of it. */
export const findRoute = (
  method: string,
  path: string,
): { readonly provider: Provider; readonly route: Route } | undefined => {
  for (const provider of spoken) {
    const route = provider.route(method, path);
    if (route !== undefined) return { provider, route };
  }
  return undefined;
};
