/** A project that somebody might have: one of our packages, its framework, and a program that uses both. */
export interface Project {
  /** Folder in `packages`. */
  readonly package: string;
  /** Folder in `examples` with the program. */
  readonly example?: string;
  /** The program, where there is no example. */
  readonly source?: string;
  /** Module that exports the program's `server`. @default "server" */
  readonly main?: string;
  /** What it needs beside peers of the package and dependencies of the example. */
  readonly needs?: readonly string[];
  /** Asks the program for `17 * 3`, whole and streamed. */
  readonly ask: (origin: string) => Promise<readonly [whole: string, streamed: string]>;
}

interface Choice {
  readonly message?: { readonly content: string };
  readonly delta?: { readonly content?: string };
}
const textOf = (answer: string): string => {
  const [choice] = (JSON.parse(answer) as { readonly choices: readonly Choice[] }).choices;
  return choice?.message?.content ?? choice?.delta?.content ?? "";
};

/** Asks a gateway below a path, as an OpenAI client does. */
const askChat =
  (path: string): Project["ask"] =>
  async (origin) => {
    const ask = async (stream: boolean): Promise<string> => {
      const messages = [{ role: "user", content: "What is 17 * 3?" }];
      const response = await fetch(`${origin}${path}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer ada-key", "content-type": "application/json" },
        body: JSON.stringify({ model: "openai/gpt-5-mini", stream, messages }),
      });
      if (!response.ok) throw new Error(`The gateway answered ${response.status}: ${await response.text()}`);
      return response.text();
    };
    const events = (await ask(true)).matchAll(/^data: (\{.*)$/gm);
    return [textOf(await ask(false)), [...events].map(([, event = ""]) => textOf(event)).join("")];
  };

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
];
