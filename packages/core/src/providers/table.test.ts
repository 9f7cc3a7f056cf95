import { describe, expect, test } from "vitest";
import { anthropicDefinition } from "./anthropic.ts";
import { azureDefinition } from "./azure.ts";
import { isLoopback } from "./base-url.ts";
import { defineProvider } from "./define-provider.ts";
import { geminiDefinition } from "./gemini.ts";
import { openaiDefinition } from "./openai.ts";
import { addressVariablesOf, keyVariablesOf } from "./provider-row.ts";
import { providerTable } from "./table.ts";

const variable = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

describe("the provider table", () => {
  test("has at least 50 providers, each once, under ids that no other factory uses", () => {
    const ids = providerTable.map(({ id }) => id);
    const others = ["openai", "anthropic", "gemini", "azure", "bedrock", "vertex"];
    expect(ids.length).toBeGreaterThanOrEqual(50);
    expect(new Set([...ids, ...others]).size).toBe(ids.length + others.length);
  });

  test.each(providerTable.map((row) => [row.id, row] as const))("describes %s soundly", (id, row) => {
    expect(id).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
    expect(row.telemetryName ?? "none_given").toMatch(/^[a-z0-9._]+$/);

    // Held to what a row of the user's own is held to: absolute, no credentials, query, hash or trailing slash.
    expect(() => defineProvider(row)).not.toThrow();
    const { protocol, hostname } = new URL(row.baseURL.replaceAll(/[{}]/g, ""));
    expect([protocol, isLoopback(hostname)]).toEqual(row.local ? ["http:", true] : ["https:", false]);

    expect(row.keyVariables.length).toBeGreaterThan(0);
    const variables = [...keyVariablesOf(row), ...addressVariablesOf(row)];
    for (const name of variables) expect(name).toMatch(variable);
    expect(new Set(variables).size).toBe(variables.length);
  });

  test("reads no variable for two providers", () => {
    const clouds = [azureDefinition, openaiDefinition, anthropicDefinition, geminiDefinition];
    const all = [...providerTable, ...clouds].flatMap((row) => [...keyVariablesOf(row), ...addressVariablesOf(row)]);
    expect(new Set(all).size).toBe(all.length);
  });
});
