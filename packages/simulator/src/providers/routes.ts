import { anthropic } from "./anthropic/anthropic.ts";
import { gemini } from "./gemini/gemini.ts";
import { openai } from "./openai/openai.ts";
import { ollama } from "./ollama/ollama.ts";
import type { Provider, Route } from "./provider.ts";

/** Every provider the simulator speaks for. */
export const providers: readonly Provider[] = [openai, anthropic, gemini, ollama];

/** The provider that a path belongs to, and what it asks of it. */
export const findRoute = (
  method: string,
  path: string,
): { readonly provider: Provider; readonly route: Route } | undefined => {
  for (const provider of providers) {
    const route = provider.route(method, path);
    if (route !== undefined) return { provider, route };
  }
  return undefined;
};
