import { describe, expect, test } from "vitest";
import { providersFromEnv } from "./from-env.ts";
import { keyVariablesOf } from "./provider-row.ts";
import { providerTable } from "./table.ts";

const ids = (environment: Record<string, string>): string[] => providersFromEnv(environment).map(({ id }) => id);

describe("providersFromEnv", () => {
  test("finds nobody in an empty environment", () => {
    expect(providersFromEnv({})).toEqual([]);
    expect(ids({ OPENAI_API_KEY: "", OLLAMA_HOST: " " })).toEqual([]);
  });

  test("puts OpenAI, Anthropic and Gemini first and the others in the order of the table", () => {
    const environment = { OLLAMA_HOST: "127.0.0.1", XAI_API_KEY: "k", GROQ_API_KEY: "k", GOOGLE_API_KEY: "k" };
    expect(ids({ ...environment, ANTHROPIC_API_KEY: "k", OPENAI_API_KEY: "k" })).toEqual([
      "openai",
      "anthropic",
      "gemini",
      "groq",
      "xai",
      "ollama",
    ]);
  });

  test("takes the address of a local server, not a key, for the wish to use it", () => {
    expect(ids({ VLLM_BASE_URL: "http://127.0.0.1:1", LMSTUDIO_BASE_URL: "http://localhost:2/v1" })).toEqual([
      "vllm",
      "lmstudio",
    ]);
    expect(ids({ VLLM_API_KEY: "k" })).toEqual([]);
    expect(providersFromEnv({ VLLM_BASE_URL: "http://127.0.0.1:1" })[0]?.baseURL).toBe("http://127.0.0.1:1/v1");
  });

  test("takes a credential that is there for other things for no such wish", () => {
    expect(ids({ GITHUB_TOKEN: "k", SCW_SECRET_KEY: "k" })).toEqual([]);
    const github = providerTable.find(({ id }) => id === "github");
    expect(github && keyVariablesOf(github)).toContain("GITHUB_TOKEN");
  });

  test("takes an address alone for no such wish where a key is needed", () => {
    expect(ids({ OPENAI_BASE_URL: "https://example.com/v1" })).toEqual([]);
  });

  test("says which variable cannot be", () => {
    expect(() => providersFromEnv({ GROQ_API_KEY: "k", GROQ_BASE_URL: "nowhere" })).toThrow(/^GROQ_BASE_URL must be/);
  });
});
