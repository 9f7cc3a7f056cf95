import { anthropicDefinition, anthropicFrom } from "./anthropic.ts";
import { azureDefinition, azureFrom } from "./azure.ts";
import { bedrockFrom, isBedrockConfigured } from "./bedrock.ts";
import type { Environment } from "./environment.ts";
import { geminiDefinition, geminiFrom } from "./gemini.ts";
import { openaiDefinition, openaiFrom } from "./openai.ts";
import { providerFrom } from "./openai-compatible.ts";
import { isConfigured } from "./provider-row.ts";
import type { Provider } from "./provider.ts";
import { providerTable } from "./table.ts";
import { isVertexConfigured, vertexFrom } from "./vertex.ts";

/**
 * Every provider whose key is in the environment, and every local one whose address is (`OLLAMA_HOST`,
 * `VLLM_BASE_URL`). OpenAI, Anthropic, Gemini and the clouds come first, the others in the order of the table. Azure is
 * there where its key and its resource are, Bedrock where a region is and an API key or AWS credentials, Vertex AI where
 * a project is named for it.
 *
 * @throws TypeError naming a variable that holds no usable key or address.
 */
export const providersFromEnv = (environment: Environment = process.env): Provider[] => {
  const found: Provider[] = [];
  if (isConfigured(openaiDefinition, environment)) found.push(openaiFrom(environment));
  if (isConfigured(anthropicDefinition, environment)) found.push(anthropicFrom(environment));
  if (isConfigured(geminiDefinition, environment)) found.push(geminiFrom(environment));
  if (isConfigured(azureDefinition, environment)) found.push(azureFrom(environment));
  if (isBedrockConfigured(environment)) found.push(bedrockFrom(environment));
  if (isVertexConfigured(environment)) found.push(vertexFrom(environment));
  for (const row of providerTable) if (isConfigured(row, environment)) found.push(providerFrom(environment, row.id));
  return found;
};
