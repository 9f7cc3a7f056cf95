import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anthropic, anthropicFrom } from "./anthropic.ts";
import { gemini, geminiFrom } from "./gemini.ts";
import { openai, openaiFrom } from "./openai.ts";
import { ollama, ollamaFrom } from "./ollama.ts";
import { openaiCompatible, provider, providerFrom } from "./openai-compatible.ts";
import type { Provider } from "./provider.ts";

const secret = "sk-canary-4711";
const house = { id: "house", baseURL: "http://127.0.0.1:8000/v1" };

describe("provider factories", () => {
  test("openai takes key, address and account from the environment", async () => {
    const made = openaiFrom({
      OPENAI_API_KEY: ` ${secret}\n`,
      OPENAI_BASE_URL: "http://127.0.0.1:9/openai/v1/",
      OPENAI_ORG_ID: "org-1",
      OPENAI_PROJECT_ID: "proj-1",
    });
    expect(made).toMatchObject({
      id: "openai",
      telemetryName: "openai",
      baseURL: "http://127.0.0.1:9/openai/v1",
      auth: { type: "bearer" },
      headers: { "openai-organization": "org-1", "openai-project": "proj-1" },
      quirks: { maxTokensField: "max_completion_tokens", developerRole: true, doneMarker: "required" },
    });
    expect(made.dialect.id).toMatch(/openai/);
    expect(await made.apiKey?.()).toBe(secret);
    expect(made.models.has("gpt-5-mini")).toBe(true);
  });

  test("options win over the environment", async () => {
    const made = openaiFrom(
      { OPENAI_API_KEY: "other", OPENAI_BASE_URL: "https://other.example.com", OPENAI_ORG_ID: "other" },
      {
        id: "eu",
        apiKey: secret,
        baseURL: "https://eu.example.com/v1",
        organization: "mine",
        quirks: { stringContent: true },
      },
    );
    expect(made).toMatchObject({
      id: "eu",
      baseURL: "https://eu.example.com/v1",
      headers: { "openai-organization": "mine" },
    });
    expect(made.quirks).toMatchObject({ stringContent: true, developerRole: true });
    expect(await made.apiKey?.()).toBe(secret);
  });

  test("anthropic and gemini show the key in their own headers and complete an address without a version", () => {
    const claude = anthropicFrom({ ANTHROPIC_API_KEY: secret, ANTHROPIC_BASE_URL: "https://proxy.example.com" });
    expect(claude).toMatchObject({
      baseURL: "https://proxy.example.com/v1",
      auth: { type: "header", name: "x-api-key" },
    });
    const google = geminiFrom({ GOOGLE_API_KEY: secret, GEMINI_BASE_URL: "http://localhost:1/gemini" });
    expect(google).toMatchObject({ baseURL: "http://localhost:1/gemini/v1beta", telemetryName: "gcp.gemini" });
    expect(google.auth).toEqual({ type: "header", name: "x-goog-api-key" });
  });

  test("gemini prefers its own key to Google's", async () => {
    expect(await geminiFrom({ GOOGLE_API_KEY: "b", GEMINI_API_KEY: "a" }).apiKey?.()).toBe("a");
  });

  test("a row of the table becomes a provider", () => {
    const made = providerFrom({ MISTRAL_API_KEY: secret }, "mistral", { id: "mistral-eu" });
    expect(made).toMatchObject({
      id: "mistral-eu",
      telemetryName: "mistral_ai",
      baseURL: "https://api.mistral.ai/v1",
      quirks: { toolCallIds: "alphanumeric-9", streamUsage: "refused" },
    });
    expect(made.models.has("mistral-large-latest")).toBe(true);
    expect(providerFrom({ VENICE_API_KEY: "k" }, "venice", { id: "venice.b-2" }).telemetryName).toBe("venice_b_2");
  });

  test("a local provider needs no key, and shows one where there is one", () => {
    expect(providerFrom({}, "vllm")).toMatchObject({ baseURL: "http://127.0.0.1:8000/v1", auth: { type: "none" } });
    expect(providerFrom({}, "vllm").apiKey).toBeUndefined();
    expect(providerFrom({ VLLM_API_KEY: "k" }, "vllm").auth).toEqual({ type: "bearer" });
  });

  test("ollama is where OLLAMA_HOST says, and shows a key where there is one", async () => {
    expect(ollamaFrom({})).toMatchObject({ baseURL: "http://127.0.0.1:11434", auth: { type: "none" } });
    expect(ollamaFrom({}).dialect.id).toBe("ollama");
    expect(ollamaFrom({ OLLAMA_HOST: "0.0.0.0:5000" }).baseURL).toBe("http://127.0.0.1:5000");
    expect(() => ollamaFrom({ OLLAMA_HOST: "gpu.example.com" })).toThrow(/^OLLAMA_HOST must be https/);
    const hosted = ollamaFrom({ OLLAMA_HOST: "https://ollama.com", OLLAMA_API_KEY: secret });
    expect(hosted).toMatchObject({ baseURL: "https://ollama.com", auth: { type: "bearer" } });
    expect(await hosted.apiKey?.()).toBe(secret);
  });

  test("there is one ollama, by its factory and by its id", () => {
    const environment = { OLLAMA_HOST: "127.0.0.1:5000", OLLAMA_API_KEY: "k" };
    const { apiKey: _own, ...own } = ollamaFrom(environment);
    const { apiKey: _row, ...row } = providerFrom(environment, "ollama");
    expect(row).toEqual(own);
  });

  test("openaiCompatible takes little for granted", async () => {
    const made = openaiCompatible(house);
    expect(made).toMatchObject({
      id: "house",
      telemetryName: "house",
      auth: { type: "none" },
      quirks: { doneMarker: "optional" },
    });
    expect(made.models.size).toBe(0);
    const keyed = openaiCompatible({ ...house, apiKey: "k", auth: { type: "header", name: "Api-Key" } });
    expect(keyed.auth).toEqual({ type: "header", name: "api-key" });
    expect(openaiCompatible({ ...house, apiKey: "k" }).auth).toEqual({ type: "bearer" });
  });

  test("a function is asked for the key at every call", async () => {
    let calls = 0;
    const made = openaiFrom({}, { apiKey: () => Promise.resolve(`key-${++calls}`) });
    expect([await made.apiKey?.(), await made.apiKey?.()]).toEqual(["key-1", "key-2"]);
  });

  test("header names come out in lower case", () => {
    expect(openaiCompatible({ ...house, headers: { "X-Title": "My app" } }).headers).toEqual({ "x-title": "My app" });
  });
});

describe("the environment of the process", () => {
  const names = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GROQ_API_KEY", "OLLAMA_HOST"];
  const before = new Map(names.map((name) => [name, process.env[name]]));
  beforeEach(() => {
    for (const name of names) process.env[name] = name === "OLLAMA_HOST" ? "127.0.0.1:7" : name.toLowerCase();
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test("is what the factories read by themselves", async () => {
    const made = [openai(), anthropic(), gemini(), provider("groq")];
    expect(await Promise.all(made.map(async ({ apiKey }) => apiKey?.()))).toEqual(
      names.slice(0, 4).map((name) => name.toLowerCase()),
    );
    expect(ollama().baseURL).toBe("http://127.0.0.1:7");
  });
});

describe("a factory refuses", () => {
  // Wrong on purpose, as a user without a type checker would write it.
  const make = (options: unknown): Provider => openaiFrom({}, options as Parameters<typeof openai>[0]);

  test("to do without a key, and names where one may be", () => {
    expect(() => openaiFrom({})).toThrow(new TypeError("openai() needs `apiKey` or OPENAI_API_KEY."));
    expect(() => openaiFrom({ OPENAI_API_KEY: "  " })).toThrow(/needs `apiKey` or OPENAI_API_KEY/);
    expect(() => geminiFrom({})).toThrow(/GEMINI_API_KEY or GOOGLE_API_KEY/);
    expect(() => providerFrom({}, "groq")).toThrow('provider("groq") needs `apiKey` or GROQ_API_KEY.');
  });

  test.each([
    [{ apiKey: "" }, /`apiKey` of openai\(\) .* but it is empty\. Leave it out to take OPENAI_API_KEY/],
    [{ apiKey: "a\nb" }, /`apiKey` of openai\(\) must be a key without spaces and line breaks/],
    [{ apiKey: 5 }, /`apiKey` of openai\(\)/],
    [{ apiKey: "k", id: "Open AI" }, /`id` of openai\(\) must be at most 64 lower-case/],
    [{ apiKey: "k", id: "a/b" }, /got "a\/b"/],
    [{ apiKey: "k", id: "" }, /`id` of openai\(\)/],
    [{ apiKey: "k", baseURL: "localhost:1" }, /`baseURL` of openai\(\) must be an absolute URL/],
    [{ apiKey: "k", baseURL: "http://example.com" }, /`baseURL` of openai\(\) must be https/],
    [
      { apiKey: "k", headers: { Authorization: "x" } },
      /`headers\["Authorization"\]` of openai\(\) is set by the gateway/,
    ],
    [{ apiKey: "k", headers: { "X-Api-Key": "x" } }, /set by the gateway/],
    [{ apiKey: "k", headers: { "Content-Length": "1" } }, /set by the gateway/],
    [{ apiKey: "k", headers: { host: "x" } }, /set by the gateway/],
    [{ apiKey: "k", headers: { "a b": "x" } }, /no legal header name/],
    [{ apiKey: "k", headers: { a: "x\r\nb: c" } }, /must be a string without line breaks/],
    [{ apiKey: "k", headers: { a: 1 } }, /must be a string/],
    [{ apiKey: "k", headers: [] }, /`headers` of openai\(\) must be an object/],
    [
      { apiKey: "k", quirks: { maxTokenField: "x" } },
      /`quirks` of openai\(\) has no `maxTokenField`; it has maxTokensField/,
    ],
    [{ apikey: "k" }, /openai\(\) has no option `apikey`; it has id, apiKey/],
    ["sk-123", /openai\(\) takes an object of options/],
  ])("%j", (options, message) => {
    expect(() => make(options)).toThrow(TypeError);
    expect(() => make(options)).toThrow(message);
  });

  test("variables that hold no key or address, by name", () => {
    expect(() => openaiFrom({ OPENAI_API_KEY: "two words" })).toThrow(/^OPENAI_API_KEY must be a key/);
    expect(() => openaiFrom({ OPENAI_API_KEY: "k", OPENAI_BASE_URL: "nowhere" })).toThrow(
      /^OPENAI_BASE_URL must be an absolute/,
    );
  });

  test("providers that are not in the table, and names those that are", () => {
    expect(() => provider("nobody")).toThrow(/knows no "nobody"; it knows mistral, groq, .*openaiCompatible\(\)/);
    expect(() => provider("__proto__")).toThrow(TypeError);
  });

  test("to show a key that is not there", () => {
    expect(() => openaiCompatible({ ...house, auth: { type: "bearer" } })).toThrow(/`auth` of openaiCompatible\(\)/);
    expect(() => openaiCompatible({ ...house, apiKey: "k", auth: { type: "header", name: "a b" } })).toThrow(
      /`auth.name`/,
    );
  });

  test("to repeat a secret", () => {
    for (const options of [{ apiKey: `${secret} x` }, { apiKey: "k", headers: { a: `${secret}\n` } }]) {
      expect(() => make(options)).toThrow(TypeError);
      expect(() => make(options)).not.toThrow(new RegExp(secret));
    }
  });
});

test("no way of printing a provider shows its key", () => {
  const made = [
    openaiFrom({ OPENAI_API_KEY: secret }),
    anthropicFrom({}, { apiKey: secret }),
    geminiFrom({}, { apiKey: () => secret }),
    providerFrom({}, "groq", { apiKey: secret }),
    openaiCompatible({ ...house, apiKey: secret }),
  ];
  for (const each of made) {
    const shown = [
      String(each),
      JSON.stringify(each),
      inspect(each, { depth: Infinity, showHidden: true, getters: true }),
      String(each.apiKey),
    ].join();
    expect(shown).not.toContain(secret);
    expect(shown).toContain(each.id);
  }
});
