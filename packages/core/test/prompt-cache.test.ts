import { describe, expect, it, test } from "vitest";
import type { Json } from "../src/dialects/dialect.ts";
import { openaiChat } from "../src/dialects/openai-chat/openai-chat.ts";
import {
  anthropic,
  bedrock,
  cohere,
  createGateway,
  defaultStages,
  gemini,
  insertAfter,
  insertBefore,
  openai,
  promptCache,
  provider,
  type ChatInput,
  type Explanation,
  type PromptCacheOptions,
} from "../src/index.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeClock, createFakeTransport } from "../src/testing/index.ts";
import { chatAnswer } from "../src/testing/wire.ts";

const apiKey = "k";
const answer = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude",
  content: [{ type: "text", text: "ok" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 5, output_tokens: 7 },
};

const responsesAnswer = {
  id: "resp_1",
  object: "response",
  created_at: 1_790_000_000,
  status: "completed",
  model: "gpt-5.6",
  output: [],
  usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
};

const answerOf = (url: string): object => {
  if (url.includes("anthropic")) return answer;
  return url.endsWith("/responses") ? responsesAnswer : chatAnswer("ok");
};

const setUp = (options?: PromptCacheOptions) => {
  const transport = createFakeTransport(({ url }) => ({ body: answerOf(url) }));
  const gateway = createGateway({
    providers: [
      anthropic({ apiKey }),
      bedrock({ apiKey, region: "eu-west-1" }),
      cohere({ apiKey }),
      gemini({ apiKey }),
      openai({ apiKey, api: "chat" }),
      openai({ id: "openai-responses", apiKey, api: "responses" }),
      provider("openrouter", { apiKey }),
      provider("mistral", { apiKey }),
    ],
    models: { sturdy: ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-pro"] },
    stages: (defaults) => insertAfter(defaults, "retry", promptCache(options)),
    transport,
    clock: createFakeClock(),
    authenticate: () => null,
    logger: silent,
  });
  const bodies = (): readonly string[] => transport.requests.map(({ body }) => Buffer.from(body ?? "").toString());
  return {
    gateway,
    bodies,
    sent: (): Json => JSON.parse(bodies().at(-1) ?? ""),
    post: async (path: string, body: Json | string): Promise<void> => {
      const response = await gateway.fetchAs({ id: "ann" })(`http://gateway${path}`, {
        method: "POST",
        headers: { "anthropic-version": "2023-06-01", "content-type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      expect([response.status, await response.text()]).toEqual([200, expect.anything()]);
    },
  };
};

/** About as many tokens. */
const long = (tokens: number, word = "text"): string => `${word} `.repeat(tokens);
const tool = (name: string, description = "d"): Json => ({
  type: "function",
  function: { name, description, parameters: { type: "object" } },
});

const system = { role: "system", content: long(1500, "rule") } as const;
const tools = [tool("first"), tool("last", long(1500, "tool"))];
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const called = (id: string) => [
  {
    role: "assistant",
    content: null,
    tool_calls: [{ id, type: "function", function: { name: "last", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: id, content: `result ${id}` },
];
/** A conversation with all that can be marked. */
const messages = [system, user("q1"), assistant("a1"), user("q2"), ...called("c1"), ...called("c2")];

/** What a chat client asks for, in the vocabulary. */
const inputOf = (model: string, asked: Json): ChatInput => openaiChat.decodeRequest({ model, ...asked });

interface Explained extends Pick<Explanation, "targets"> {
  readonly body: Json;
  readonly said: Json;
}

const explain = async (
  model: string,
  asked: Json,
  options?: PromptCacheOptions,
  tenant = "acme",
): Promise<Explained> => {
  const { gateway } = setUp(options);
  const { targets, stages, refused } = await gateway.explain(inputOf(model, asked), {
    principal: { id: "ann", tenant },
  });
  expect(refused).toBeUndefined();
  const attributes = stages.find(({ stage }) => stage === "prompt-cache")?.attributes ?? {};
  const said = Object.entries(attributes).map(([name, value]) => [
    name.replace("llm_gateway.prompt_cache.", ""),
    value,
  ]);
  return { targets, body: targets[0]?.request?.body as Json, said: Object.fromEntries(said) };
};

const claude = "anthropic/claude-sonnet-4-5";
const ephemeral = { type: "ephemeral" };
/** The texts and names that stand directly in front of marks, in the order of the body. */
const markedIn = (body: unknown): readonly string[] => {
  const found: string[] = [];
  const nameOf = (holder: Json): string => {
    const { name, text, tool_use_id, content } = holder;
    return String(name ?? tool_use_id ?? text ?? content ?? JSON.stringify(holder))
      .slice(0, 6)
      .trim();
  };
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) {
        walk(entry);
        if (typeof entry === "object" && entry !== null && "cachePoint" in entry) found.push(nameOf(value[index - 1]));
      }
      return;
    }
    const holder = value as Json;
    const order = ["toolConfig", "tools", "system"];
    for (const name of [...order, ...Object.keys(holder).filter((key) => !order.includes(key))]) walk(holder[name]);
    if ("cache_control" in holder || "prompt_cache_breakpoint" in holder) {
      found.push(nameOf("function" in holder ? (holder["function"] as Json) : holder));
    }
  };
  walk(body);
  return found;
};

/** A body as it would be without its marks; a text that only its mark made a list is one again. */
const withoutMarks = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.flatMap((entry: unknown) =>
      typeof entry === "object" && entry !== null && "cachePoint" in entry ? [] : [withoutMarks(entry)],
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
      if (name === "cache_control") return [];
      const isText = name === "content" && "role" in value && JSON.stringify(inner).includes("cache_control");
      return [[name, isText && Array.isArray(inner) ? textOnly(withoutMarks(inner)) : withoutMarks(inner)]];
    }),
  );
};

const textOnly = (parts: unknown): unknown => {
  const [part, ...others] = Array.isArray(parts) ? parts : [];
  return others.length === 0 && Object.keys(part ?? {}).join() === "type,text" ? part.text : parts;
};

describe("marks", () => {
  it("are set at the end of tools, of the system prompt and of the last turns", async () => {
    const { body, said } = await explain(claude, { messages, tools });
    expect(markedIn(body)).toEqual(["last", "rule r", "c1", "c2"]);
    expect(JSON.stringify(body).split(JSON.stringify(ephemeral))).toHaveLength(5);
    expect(said).toEqual({ marks: ["turn", "system", "tools", "previous turn"], key: false });
  });

  it.each([
    ["the last user's words, which may be said only once", [user("q")], ["last", "rule r"]],
    ["an answer", [user("q"), assistant("answer"), user("r")], ["last", "rule r", "answer"]],
    [
      "answers",
      [user("q"), assistant("one"), user("r"), assistant("two"), user("s")],
      ["last", "rule r", "one", "two"],
    ],
    ["a blank answer", [user("q"), assistant(" "), user("r")], ["last", "rule r"]],
  ])("stand behind history only: %s", async (_, turns, expected) => {
    expect(markedIn((await explain(claude, { messages: [system, ...turns], tools })).body)).toEqual(expected);
  });

  it("stand where the one before stood, so that a conversation finds what it wrote", async () => {
    const marksOf = async (count: number) =>
      markedIn((await explain(claude, { messages: messages.slice(0, count), tools }, { places: ["turns"] })).body);
    expect(await marksOf(4)).toEqual(["a1"]);
    expect(await marksOf(6)).toEqual(["a1", "c1"]);
    expect(await marksOf(8)).toEqual(["c1", "c2"]);
  });

  it("are not set behind what the model would not keep", async () => {
    const short = { messages: [{ role: "system", content: long(600) }, user(long(9000))] };
    const { body, said } = await explain(claude, short);
    expect([markedIn(body), said]).toEqual([[], { skipped: "nothing" }]);
    // 512 tokens are enough for this one, and 4096 are wanted by the other.
    expect(markedIn((await explain("anthropic/claude-opus-5", short)).body)).toEqual(["text t"]);
    expect(markedIn((await explain("anthropic/claude-haiku-4-5", { messages, tools })).body)).toEqual([]);
    const longer = [{ role: "system", content: long(3000, "rule") }, ...messages.slice(1)];
    expect(markedIn((await explain("anthropic/claude-haiku-4-5", { messages: longer, tools })).body)).toEqual([
      "rule r",
      "c1",
      "c2",
    ]);
  });

  it("leave out tools that are loaded later", async () => {
    const { post, sent } = setUp();
    await post("/v1/messages", {
      model: claude,
      max_tokens: 9,
      tools: [
        { name: "last", description: long(1500), input_schema: { type: "object" } },
        { name: "later", defer_loading: true, input_schema: { type: "object" } },
      ],
      messages: [{ role: "user", content: "q" }],
    });
    expect(markedIn(sent())).toEqual(["last"]);
  });

  it("last for an hour where that is wanted and there is such a thing", async () => {
    const hour = JSON.stringify({ ...ephemeral, ttl: "1h" });
    expect(JSON.stringify((await explain(claude, { messages, tools }, { ttl: "1h" })).body).split(hour)).toHaveLength(
      5,
    );
    const nova = await explain("bedrock/eu.amazon.nova-pro-v1:0", { messages, tools }, { ttl: "1h" });
    expect(JSON.stringify(nova.body)).not.toContain("1h");
    expect(nova.targets[0]?.dropped ?? []).toEqual([]);
  });

  it.each([claude, "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "openrouter/anthropic/claude-sonnet-4.5"])(
    "are all that is changed: %s",
    async (model) => {
      const [marked, plain] = await Promise.all([
        explain(model, { messages, tools }),
        explain(model, { messages, tools }, { places: [] }),
      ]);
      expect(markedIn(marked.body)).toHaveLength(4);
      expect(withoutMarks(marked.body)).toEqual(plain.body);
    },
  );

  it.each([
    [["tools"], ["last"]],
    [
      ["system", "tools"],
      ["last", "rule r"],
    ],
    [[], []],
  ] as const)("stand in the places that are wanted: %j", async (places, expected) => {
    expect(markedIn((await explain(claude, { messages, tools }, { places })).body)).toEqual(expected);
  });
});

describe("targets", () => {
  it.each([
    ["bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", 4],
    ["bedrock/eu.amazon.nova-pro-v1:0", 3],
    ["openrouter/anthropic/claude-sonnet-4.5", 4],
    ["openrouter/qwen/qwen3-max", 3],
    ["openai/gpt-5.6", 1],
    ["openai-responses/gpt-5.6", 1],
    ["openai/gpt-4o", 0],
    ["openrouter/google/gemini-2.5-pro", 0],
    ["openrouter/openai/gpt-5.6", 0],
    ["gemini/gemini-2.5-pro", 0],
    ["cohere/command-a", 0],
    ["anthropic/claude-2.1", 0],
    ["bedrock/meta.llama3-1-70b-instruct-v1:0", 0],
  ])("%s is given as many marks as it takes: %i", async (model, count) => {
    expect(markedIn((await explain(model, { messages, tools })).body)).toHaveLength(count);
  });

  it.each([
    ["openai/gpt-4o", true],
    ["openai/gpt-5.6", true],
    ["openai-responses/gpt-5-mini", true],
    ["mistral/mistral-large", true],
    ["openrouter/anthropic/claude-sonnet-4.5", false],
    ["gemini/gemini-2.5-pro", false],
    [claude, false],
  ])("%s is given a key if it takes one: %s", async (model, isKeyed) => {
    const { body } = await explain(model, { messages, tools });
    expect(/^[0-9a-f]{32}$/.test(String(body["prompt_cache_key"]))).toBe(isKeyed);
    expect("prompt_cache_key" in body).toBe(isKeyed);
  });

  it("of OpenAI keep prompts for a day where an hour is wanted, without marks", async () => {
    const { body, said } = await explain("openai/gpt-5.1", { messages, tools }, { ttl: "1h", key: false });
    expect(body["prompt_cache_retention"]).toBe("24h");
    expect([markedIn(body), said]).toEqual([[], { marks: ["request"], key: false }]);
    expect((await explain("openai/gpt-5.1", { messages, tools })).body["prompt_cache_retention"]).toBeUndefined();
    const short = await explain("openai/gpt-5.1", { messages: [user("q")] }, { ttl: "1h" });
    expect([short.body["prompt_cache_retention"], short.said]).toEqual([undefined, { skipped: "nothing" }]);
  });

  it("are each told in their own way as one follows the other", async () => {
    const { targets } = await explain("sturdy", { messages, tools });
    const [first, second, third] = targets.map(({ request }) => request?.body as Json);
    expect([first?.["prompt_cache_key"], markedIn(first)]).toEqual([expect.any(String), []]);
    expect([second?.["prompt_cache_key"], markedIn(second)]).toEqual([undefined, ["last", "rule r", "c1", "c2"]]);
    expect(JSON.stringify(third)).not.toMatch(/cache/i);
    expect(targets.flatMap(({ dropped }) => dropped ?? [])).toEqual([]);
  });

  test("whose prompts begin with what the provider keeps are marked nowhere, but keyed", async () => {
    const { post, sent } = setUp();
    const kept = { prompt: { id: "pmpt_1" }, instructions: long(1500) };
    await post("/v1/responses", { model: "openai-responses/gpt-5.6", input: "q", ...kept });
    expect(sent()).toMatchObject({ ...kept, prompt_cache_key: expect.any(String) });
  });
});

describe("a key", () => {
  const keyOf = async (asked: Json, tenant?: string): Promise<unknown> =>
    (await explain("openai/gpt-4o", asked, {}, tenant)).body["prompt_cache_key"];

  it("is the same for what begins alike, and another for other tenants, tools and prompts", async () => {
    const key = await keyOf({ messages, tools });
    expect(await keyOf({ messages: [system, user("something else")], tools, temperature: 1 })).toBe(key);
    const others = [
      await keyOf({ messages, tools }, "other"),
      await keyOf({ messages, tools: [...tools, tool("more")] }),
      await keyOf({ messages: [{ ...system, content: `${system.content}!` }, user("q")], tools }),
      await keyOf({ messages: [user("first"), assistant("a"), user("q")], tools }),
      await keyOf({ messages: [user("other"), assistant("a"), user("q")], tools }),
    ];
    expect(new Set([key, ...others]).size).toBe(others.length + 1);
    expect(await keyOf({ messages: [user("first"), assistant("b"), user("r")], tools })).toBe(others[3]);
  });

  it("can be the operator's own, or none", async () => {
    const made = async (key: Required<PromptCacheOptions>["key"]) =>
      (await explain("openai/gpt-4o", { messages, tools }, { key })).body["prompt_cache_key"];
    expect(await made(({ principal }) => `of ${principal.tenant}`)).toBe("of acme");
    expect(await made(() => undefined)).toBeUndefined();
    expect(await made(false)).toBeUndefined();
    // A function in JavaScript may return anything.
    expect(await made((() => 7) as unknown as () => string)).toBeUndefined();
  });
});

describe("a client that says something of caches", () => {
  const hinted = [
    { ...system, content: [{ type: "text", text: system.content, cache_control: { ...ephemeral, ttl: "5m" } }] },
    ...messages.slice(1),
  ];
  const requests: readonly (readonly [string, Json])[] = [
    ["a mark", { messages: hinted, tools }],
    ["a mark on a tool", { messages, tools: [{ ...tools[0], cache_control: ephemeral }, tools[1]] }],
    ["a mark on it all", { messages, tools, cache_control: ephemeral }],
    ["a key", { messages, tools, prompt_cache_key: "mine" }],
    ["how long to keep it", { messages, tools, prompt_cache_retention: "in_memory" }],
    ["what to keep", { messages, tools, prompt_cache_options: { mode: "explicit" } }],
  ];

  it.each(requests)("is left alone: %s", async (_, asked) => {
    for (const model of ["openrouter/anthropic/claude-sonnet-4.5", "openai/gpt-5.6"]) {
      const { gateway } = setUp();
      const plain = createGateway({ ...plainOptions, stages: defaultStages() });
      const input = inputOf(model, asked);
      const [with_, without] = await Promise.all([gateway.explain(input), plain.explain(input)]);
      expect(with_.targets[0]?.request?.body).toEqual(without.targets[0]?.request?.body);
      expect(with_.stages.find(({ stage }) => stage === "prompt-cache")?.attributes).toEqual({
        "llm_gateway.prompt_cache.skipped": "client",
      });
    }
  });

  const plainOptions = {
    providers: [provider("openrouter", { apiKey }), openai({ apiKey, api: "chat" })],
    transport: createFakeTransport(() => ({ body: chatAnswer("ok") })),
    authenticate: () => null,
    logger: silent,
  };

  it("is left alone byte for byte, also where nothing is worth a mark", async () => {
    const { post, bodies } = setUp();
    const server = { type: "web_search_20250305", name: "web_search", cache_control: ephemeral };
    const asked = [
      { max_tokens: 9, messages: [{ role: "user", content: "short" }] },
      { max_tokens: 9, system: system.content, tools: [server], messages: [{ role: "user", content: "q" }] },
    ].map((body) => JSON.stringify({ model: claude, ...body }, undefined, 1));
    for (const body of asked) await post("/v1/messages", body);
    expect(bodies()).toEqual(asked.map((body) => body.replace(claude, "claude-sonnet-4-5")));
  });

  it("gets what is missing where the operator wants that, and the target takes no more", async () => {
    const complete = { clientHints: "complete" } as const;
    const completed = await explain(claude, { messages: hinted, tools }, complete);
    expect(markedIn(completed.body)).toEqual(["last", "rule r", "c1", "c2"]);
    expect(completed.said).toEqual({ marks: ["turn", "tools", "previous turn"], key: false });
    const keyed = await explain("openai/gpt-4o", { messages, tools, prompt_cache_key: "mine" }, complete);
    expect(keyed.body["prompt_cache_key"]).toBe("mine");
  });

  it.each(Array.from({ length: 7 }, (_, count) => count))(
    "never has more than four marks with ours: %i of its own",
    async (count) => {
      const own = Array.from({ length: count }, (_, index) => ({
        type: "text",
        text: `own ${index}`,
        cache_control: ephemeral,
      }));
      const asked = {
        messages: [...messages.slice(0, 3), { role: "user", content: [{ type: "text", text: "q" }, ...own] }],
        tools,
      };
      for (const model of [claude, "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0"]) {
        const { body, targets } = await explain(model, asked, { clientHints: "complete" });
        const marked = markedIn(body);
        expect(marked.length).toBeLessThanOrEqual(4);
        expect(marked.filter((name) => name.startsWith("own"))).toHaveLength(Math.min(count, 4));
        // Only the client's own are ever dropped.
        expect(targets[0]?.dropped ?? []).toEqual(count > 4 ? ["cache_control"] : []);
      }
    },
  );

  it("never has an hour after our minutes", async () => {
    const hour = { ...ephemeral, ttl: "1h" };
    const content = [{ type: "text", text: "own", cache_control: hour }];
    const asked = { messages: [system, user("q"), assistant("a"), { role: "user", content }], tools };
    const { body } = await explain(claude, asked, { clientHints: "complete" });
    expect(JSON.stringify(body).match(/"ttl":"1h"/g)).toHaveLength(4);
  });
});

describe("promptCache()", () => {
  it.each([
    [{ ttl: "2h" }, '`promptCache.ttl` must be one of "5m", "1h", got "2h".'],
    [{ places: "tools" }, "`promptCache.places` must be a list of places."],
    [{ places: ["tools", "end"] }, '`promptCache.places[1]` must be one of "tools", "system", "turns", got "end".'],
    [{ key: "mine" }, "`promptCache.key` must be true, false or a function of the context."],
    [{ clientHints: true }, '`promptCache.clientHints` must be one of "respect", "complete", got true.'],
    [{ marks: 4 }, "promptCache() has no option `marks`; it has `ttl`, `places`, `key`, `clientHints`."],
  ])("takes no %j", (options, message) => {
    expect(() => promptCache(options as PromptCacheOptions)).toThrow(new TypeError(message));
  });

  it("says where it belongs if it stands elsewhere", async () => {
    const gateway = createGateway({
      providers: [anthropic({ apiKey })],
      transport: createFakeTransport(() => ({ body: answer })),
      stages: (defaults) => insertBefore(defaults, "retry", promptCache()),
      logger: silent,
    });
    await expect(gateway.explain({ model: claude, messages: [{ role: "user", content: "q" }] })).resolves.toMatchObject(
      {
        refused: { stage: "prompt-cache" },
      },
    );
  });
});
