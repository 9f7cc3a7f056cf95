import { askChat } from "./ask-chat.ts";
import { openTelemetry2, openTelemetry3 } from "./open-telemetry.ts";
import type { Project } from "./project.ts";

const languageModelServer = `
import { createServer } from "node:http";
import { languageModel } from "@llm-gateway/ai-sdk";
import { createGateway } from "@llm-gateway/core";
import { generateText, streamText } from "ai";

const model = languageModel(createGateway(), "openai/gpt-5-mini");
const prompt = "What is 17 * 3?";

export const server = createServer((request, response) => {
  if (request.url === "/streamed") streamText({ model, prompt }).pipeTextStreamToResponse(response);
  else void generateText({ model, prompt }).then(({ text }) => response.end(text));
}).listen(0, "127.0.0.1");
`;

const askLanguageModel: Project["ask"] = async (origin) => {
  const ask = async (path: string): Promise<string> => (await fetch(origin + path)).text();
  return [await ask("/whole"), await ask("/streamed")];
};

export const projects: readonly Project[] = [
  { package: "core", example: "hono", ask: askChat("/llm") },
  { package: "express", example: "custom-stage", ask: askChat("") },
  { package: "koa", example: "koa", ask: askChat("") },
  { package: "nest", example: "nest", main: "main", ask: askChat("") },
  { package: "ai-sdk", source: languageModelServer, needs: ["ai"], ask: askLanguageModel },
  openTelemetry2,
  openTelemetry3,
];
