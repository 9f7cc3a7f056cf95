import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatPath, geminiPath, messagesPath, ollamaPath, post } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

const root = fileURLToPath(new URL("../../../../shared/fixtures/", import.meta.url));
const present = existsSync(root);

interface Case {
  readonly folder: string;
  readonly model: string;
  readonly stream: boolean;
}

/** What the simulator rightly refuses though the provider took it: media output, web search, and signatures of others. */
const beyond =
  /"(?:thoughtSignature|thought_signature|signature)": ?"|"web_search_options"|"(?:audio|AUDIO|IMAGE)"\s*\]/u;

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

  test("that Ollama answered are answered", async () => {
    const cases = accepted("ollama", "api-chat-");
    expect(cases.length).toBeGreaterThan(7);
    expect(await refusals(cases, () => ollamaPath)).toEqual([]);
  });
});
