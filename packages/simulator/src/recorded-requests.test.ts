import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chatPath,
  coherePath,
  conversePath,
  geminiPath,
  messagesPath,
  ollamaPath,
  post,
  responsesPath,
} from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

const root = fileURLToPath(new URL("../../../../shared/fixtures/", import.meta.url));
const present = existsSync(root);

interface Case {
  readonly folder: string;
  readonly model: string;
  readonly stream: boolean;
}

/**
 * What the simulator rightly refuses though the provider took it: media output, web search, signatures of others, and what
 * only the provider has kept. And one request that was written down as an SDK took it, with the model's name in the body.
 */
const beyond = new RegExp(
  [
    '"(?:thoughtSignature|thought_signature|signature|encrypted_content)": ?"',
    '"web_search_options"',
    '"(?:audio|AUDIO|IMAGE)"\\s*\\]',
    '"id": ?"rs_|"previous_response_id": ?"|"prompt": ?\\{',
    '"modelId"',
  ].join("|"),
  "u",
);

/** Recorded requests that a provider answered, and that the simulator should take as well. */
const accepted = (provider: string, prefix: string): readonly Case[] =>
  (present ? readdirSync(join(root, provider)) : [])
    .filter((name) => name.startsWith(prefix) && existsSync(join(root, provider, name, "request.json")))
    .map((name) => join(root, provider, name))
    .filter((folder) => !beyond.test(readFileSync(join(folder, "request.json"), "utf8")))
    .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(folder, "meta.json"), "utf8")) }))
    .filter((meta) => meta.status === 200);

const bodyOf = ({ folder }: Case): string => readFileSync(join(folder, "request.json"), "utf8");

describe.skipIf(!present)("recorded requests (skipped where the recordings are absent)", () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());

  const refusals = async (cases: readonly Case[], pathOf: (one: Case) => string): Promise<readonly string[]> => {
    const answers = cases.map(async (one) => {
      const response = await post(simulator, pathOf(one), bodyOf(one));
      const text = await response.text();
      return response.status === 200 ? [] : [`${one.folder}: ${text}`];
    });
    return (await Promise.all(answers)).flat();
  };

  test("that OpenAI answered are answered", async () => {
    const cases = accepted("openai", "chat-");
    expect(cases.length).toBeGreaterThan(15);
    expect(await refusals(cases, () => chatPath)).toEqual([]);
  });

  test("that Anthropic answered are answered", async () => {
    const cases = accepted("anthropic", "messages-");
    expect(cases.length).toBeGreaterThan(25);
    expect(await refusals(cases, () => messagesPath)).toEqual([]);
  });

  test("that Gemini answered are answered", async () => {
    const cases = accepted("gemini", "generate-");
    expect(cases.length).toBeGreaterThan(15);
    const path = ({ model, stream }: Case): string =>
      geminiPath(model, stream ? "streamGenerateContent" : "generateContent");
    expect(await refusals(cases, path)).toEqual([]);
  });

  test("that OpenAI answered as responses are answered", async () => {
    const cases = accepted("openai", "responses-");
    expect(cases.length).toBeGreaterThan(15);
    expect(await refusals(cases, () => responsesPath)).toEqual([]);
  });

  test("that Cohere answered are answered", async () => {
    const cases = accepted("cohere", "chat-");
    expect(cases.length).toBeGreaterThan(10);
    expect(await refusals(cases, () => coherePath)).toEqual([]);
  });

  test("that Bedrock answered are answered", async () => {
    const cases = accepted("bedrock", "converse-");
    expect(cases.length).toBeGreaterThan(15);
    const path = ({ model, stream }: Case): string => conversePath(model, stream ? "converse-stream" : "converse");
    expect(await refusals(cases, path)).toEqual([]);
  });

  test("that Ollama answered are answered", async () => {
    const cases = accepted("ollama", "api-chat-");
    expect(cases.length).toBeGreaterThan(7);
    expect(await refusals(cases, () => ollamaPath)).toEqual([]);
  });
});
