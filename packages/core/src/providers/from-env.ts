import { anthropicDefinition, anthropicFrom } from "./anthropic.ts";
import { bedrockFrom, isBedrockConfigured } from "./bedrock.ts";
import { isConfigured, type Environment } from "./create-provider.ts";
import { geminiDefinition, geminiFrom } from "./gemini.ts";
import { openaiDefinition, openaiFrom } from "./openai.ts";
import { providerFrom } from "./openai-compatible.ts";
import type { Provider } from "./provider.ts";
import { providerTable } from "./table.ts";

/**
 * Every provider whose key is in the environment, and every local one whose address is (`OLLAMA_HOST`,
 * `VLLM_BASE_URL`). OpenAI, Anthropic, Gemini and Bedrock come first, the others in the order of the table. Bedrock is
 * there where the environment names a region and holds an API key or AWS credentials.
 *
 * @throws TypeError naming a variable that holds no usable key or address.
 */
export const providersFromEnv = (environment: Environment = process.env): Provider[] => {
  const found: Provider[] = [];
  if (isConfigured(openaiDefinition, environment)) found.push(openaiFrom(environment));
  if (isConfigured(anthropicDefinition, environment)) found.push(anthropicFrom(environment));
  if (isConfigured(geminiDefinition, environment)) found.push(geminiFrom(environment));
  if (isBedrockConfigured(environment)) found.push(bedrockFrom(environment));
  for (const row of providerTable) if (isConfigured(row, environment)) found.push(providerFrom(environment, row.id));
  return found;
};
