import { describe, expect, test } from "vitest";
import { quirkNames } from "../dialects/quirks.ts";
import { isLoopback, resolveBaseURL } from "./base-url.ts";
import { addressVariablesOf, keyVariablesOf } from "./provider-row.ts";
import { providerTable } from "./table.ts";

const variable = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

describe("the provider table", () => {
  test("has at least 28 providers, each once, under ids that no other factory uses", () => {
    const ids = providerTable.map(({ id }) => id);
    expect(ids.length).toBeGreaterThanOrEqual(28);
    expect(new Set([...ids, "openai", "anthropic", "gemini"]).size).toBe(ids.length + 3);
  });

  test.each(providerTable.map((row) => [row.id, row] as const))("describes %s soundly", (id, row) => {
    expect(id).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
    expect(row.telemetryName ?? "none_given").toMatch(/^[a-z0-9._]+$/);

    // As resolveBaseURL would leave it: absolute, no credentials, query, hash or trailing slash, https unless loopback.
    expect(resolveBaseURL(row.baseURL, { name: id, allowHttp: false })).toBe(row.baseURL);
    const { protocol, hostname } = new URL(row.baseURL);
    expect([protocol, isLoopback(hostname)]).toEqual(row.local ? ["http:", true] : ["https:", false]);

    expect(row.keyVariables.length).toBeGreaterThan(0);
    const variables = [...keyVariablesOf(row), ...addressVariablesOf(row)];
    for (const name of variables) expect(name).toMatch(variable);
    expect(new Set(variables).size).toBe(variables.length);

    for (const name of Object.keys(row.quirks ?? {})) expect(quirkNames).toContain(name);
  });

  test("reads no variable for two providers", () => {
    const all = providerTable.flatMap((row) => [...keyVariablesOf(row), ...addressVariablesOf(row)]);
    expect(new Set(all).size).toBe(all.length);
  });
});
