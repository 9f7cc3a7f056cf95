import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../src/testing/wire.ts";
import { claudeMessage, cohereAnswer, converseAnswer, geminiAnswer, ollamaAnswer } from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

const answerOf = (model: string): Respond => {
  if (/anthropic|bedrock-claude/.test(model)) return claudeMessage([{ type: "text", text: "Hi" }]);
  if (model.startsWith("gemini")) return geminiAnswer([{ text: "Hi" }]);
  if (model.startsWith("bedrock")) return converseAnswer([{ text: "Hi" }]);
  if (model.startsWith("cohere")) return cohereAnswer({ content: [{ type: "text", text: "Hi" }] });
  if (model.startsWith("ollama")) return ollamaAnswer({ content: "Hi" });
  if (model.startsWith("responses")) return { body: { object: "response", status: "completed", output: [] } };
  return { body: chatAnswer("Hi") };
};
const write = async (model: string, messages: Tree, more: object = {}): Promise<Tree> => {
  const { chat, sent } = createWorld(answerOf(model));
  const { status, body } = await chat({ model, messages, ...more });
  return status === 200 ? sent() : body;
};

const claude = "anthropic/claude-sonnet-4-5";
const nova = "bedrock/amazon.nova-pro-v1:0";
const gemini = "gemini/gemini-2.5-flash";

describe("instructions", () => {
  const instructed = [
    { role: "system", content: "Be brief." },
    { role: "developer", content: "Be kind." },
    { role: "user", content: "Hello" },
  ];

  test.each<[string, Tree]>([
    [
      claude,
      {
        system: [
          { type: "text", text: "Be brief." },
          { type: "text", text: "Be kind." },
        ],
      },
    ],
    [nova, { system: [{ text: "Be brief." }, { text: "Be kind." }] }],
    [gemini, { systemInstruction: { parts: [{ text: "Be brief." }, { text: "Be kind." }] } }],
    ["cohere/command-a-03-2025", { messages: [{ role: "system" }, { role: "system" }, { role: "user" }] }],
    ["ollama/llama3.2", { messages: [{ role: "system" }, { role: "system" }, { role: "user" }] }],
    ["mistral/mistral-small-latest", { messages: [{ role: "system" }, { role: "system" }, { role: "user" }] }],
    ["deepseek/deepseek-chat", { messages: [{ role: "system" }, { role: "system" }, { role: "user" }] }],
    // OpenAI alone tells the two apart.
    ["openai/gpt-5", { messages: [{ role: "system" }, { role: "developer" }, { role: "user" }] }],
    ["responses/gpt-5", { instructions: "Be brief.", input: [{ role: "developer" }, { role: "user" }] }],
  ])("Q1, Q2, Q42: at the head go to %s where it has them, whatever they are called", async (model, written) => {
    expect(await write(model, instructed)).toMatchObject(written);
  });

  const corrected = [
    { role: "user", content: "One" },
    { role: "assistant", content: "1" },
    { role: "system", content: "Count in Roman numerals." },
    { role: "user", content: "Two" },
  ];
  const marked = expect.stringMatching(/^<system>\n.*Roman numerals.\n<\/system>$/s) as string;

  test.each<[string, (body: Tree) => Tree, Tree]>([
    [
      claude,
      ({ messages }) => messages[2].content,
      [
        { type: "text", text: marked },
        { type: "text", text: "Two" },
      ],
    ],
    [nova, ({ messages }) => messages[2].content, [{ text: marked }, { text: "Two" }]],
    [gemini, ({ contents }) => contents[2].parts, [{ text: marked }, { text: "Two" }]],
    ["openai/gpt-4.1", ({ messages }) => messages[2], { role: "system", content: "Count in Roman numerals." }],
    ["ollama/llama3.2", ({ messages }) => messages[2], { role: "system", content: "Count in Roman numerals." }],
    ["responses/gpt-4.1", ({ input }) => input[2], { role: "system", content: "Count in Roman numerals." }],
  ])(
    "Q1: in the middle stay in the middle for %s, and are told apart from what the user says",
    async (model, read, written) => {
      const body = await write(model, corrected);
      expect(read(body)).toMatchObject(written);
      expect(body).not.toHaveProperty("system");
      expect(body).not.toHaveProperty("systemInstruction");
    },
  );

  test("Q1: in the middle are a turn of their own for Claude models that take one", async () => {
    const body = await write("anthropic/claude-opus-4-8", [...corrected.slice(0, 1), corrected[2]]);
    expect(body.messages.map(({ role }: Tree) => role)).toEqual(["user", "system"]);
  });

  test("Q4: alone are refused by those who need a turn, and get the least of one where that is taken", async () => {
    const alone = [{ role: "system", content: "Be brief." }];
    for (const model of [claude, nova]) expect((await write(model, alone)).error).toMatchObject({ param: "messages" });
    const { contents, systemInstruction } = await write(gemini, alone);
    expect(contents).toEqual([{ role: "user", parts: [{ text: " " }] }]);
    expect(systemInstruction).toEqual({ parts: [{ text: "Be brief." }] });
  });

  test("T30: are never a turn of Gemini's, which knows only two", async () => {
    const { contents } = await write(gemini, [{ role: "system", content: "A" }, ...corrected]);
    expect(new Set(contents.map(({ role }: Tree) => role))).toEqual(new Set(["user", "model"]));
  });
});

describe("turns", () => {
  const loose = [
    { role: "assistant", content: "Welcome." },
    { role: "user", content: "One" },
    { role: "user", content: "Two" },
    { role: "assistant", content: "1" },
    { role: "assistant", content: "2" },
    { role: "user", content: "Three" },
  ];

  test.each<[string, (body: Tree) => Tree]>([
    [claude, ({ messages }) => messages],
    [nova, ({ messages }) => messages],
    [gemini, ({ contents }) => contents],
  ])("Q3, Q42, Q72: alternate for %s and begin with the user", async (model, read) => {
    const roles: string[] = read(await write(model, loose)).map(({ role }: Tree) => role);
    expect(roles).toHaveLength(5);
    expect(roles[0]).toBe("user");
    expect(roles.every((role, index) => index === 0 || role !== roles[index - 1])).toBe(true);
  });

  const results = [
    { role: "user", content: "Look twice." },
    {
      role: "assistant",
      content: null,
      tool_calls: ["a", "b"].map((id) => ({ id, type: "function", function: { name: "look", arguments: "{}" } })),
    },
    { role: "tool", tool_call_id: "b", content: "B" },
    { role: "tool", tool_call_id: "a", content: '{"seen":"A"}' },
    { role: "user", content: "And?" },
  ];
  const tools = [{ type: "function", function: { name: "look" } }];

  test.each<[string, (body: Tree) => Tree, Tree]>([
    [
      claude,
      ({ messages }) => messages[2].content.map((block: Tree) => block.tool_use_id ?? block.text),
      ["b", "a", "And?"],
    ],
    [
      nova,
      ({ messages }) => messages[2].content.map((block: Tree) => block.toolResult?.toolUseId ?? block.text),
      ["b", "a", "And?"],
    ],
    // Here they stand in the order of the calls, and each is an object.
    [
      gemini,
      ({ contents }) => contents[2].parts.map((part: Tree) => part.functionResponse?.response ?? part.text),
      [{ seen: "A" }, { output: "B" }, "And?"],
    ],
  ])("Q10, Q43, Q44: hold all results of the turn before them, first, for %s", async (model, read, written) => {
    expect(read(await write(model, results, { tools }))).toEqual(written);
  });

  test.each([
    ["no result for a call", results.slice(0, 3), /tool call/],
    ["no call for a result", [results[0], results[2]], /must follow/],
  ])("Q13: with %s are refused in words, never mended unasked", async (_, messages, why) => {
    for (const model of [claude, nova]) {
      const { error } = await write(model, messages, { tools });
      expect(error.code).toBe("invalid_value");
      expect(error.message).toMatch(why);
    }
  });

  test("Q97: of an assistant who says nothing are not sent to Mistral, nor nulls", async () => {
    const messages = [
      { role: "user", content: "One", name: null },
      { role: "assistant", content: "" },
      { role: "user", content: "Two", name: "Ada" },
    ];
    const body = await write("mistral/mistral-small-latest", messages, { seed: null, stop: null });
    expect(body.messages).toEqual([
      { role: "user", content: "One" },
      { role: "user", content: "Two" },
    ]);
    expect(Object.values(body)).not.toContain(null);
  });

  test.each(["groq/llama-3.3-70b-versatile", "vllm/m"])(
    "Q102, Q105: go to %s without fields that are null",
    async (model) => {
      const body = await write(model, [{ role: "user", content: "One" }], {
        stop: null,
        seed: null,
        tools: null,
        user: null,
      });
      expect(JSON.stringify(body)).not.toContain("null");
    },
  );

  test("Q81: have no blank texts on Bedrock, and no blank stop sequences", async () => {
    const content = [
      { type: "text", text: " " },
      { type: "text", text: "One" },
      { type: "text", text: "" },
    ];
    const body = await write(nova, [{ role: "user", content }], { stop: ["", " ", "END"] });
    expect(body.messages[0].content).toEqual([{ text: "One" }]);
    expect(body.inferenceConfig.stopSequences).toEqual(["END"]);
  });
});

describe("what is said beside the messages", () => {
  test("Q41: of betas goes with Claude wherever it is hosted, and is named as lost elsewhere", async () => {
    const ask = async (model: string, betas: string) => {
      const world = createWorld(answerOf(model));
      const body = { model, max_tokens: 9, messages: [{ role: "user", content: "Hi" }] };
      const asked = await world.ask("/v1/messages?beta=true", body, { "anthropic-beta": betas });
      return { ...asked, request: world.transport.requests[0], sent: world.sent() };
    };
    const betas = "context-1m-2025-08-07, some-new-2026-11-01";
    const own = await ask(claude, betas);
    expect(own.request?.headers["anthropic-beta"]).toMatch(/^context-1m-2025-08-07, ?some-new-2026-11-01$/);
    const hosted = await ask("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", betas);
    expect(hosted.sent.additionalModelRequestFields.anthropic_beta).toEqual([
      "context-1m-2025-08-07",
      "some-new-2026-11-01",
    ]);
    for (const model of ["openai/gpt-4.1", gemini, nova, "ollama/llama3.2", "responses/gpt-4.1"]) {
      const { dropped, request } = await ask(model, betas);
      expect([model, dropped]).toEqual([model, ["anthropic-beta"]]);
      expect(request?.headers).not.toHaveProperty("anthropic-beta");
    }
    const bad = await ask(claude, "a\tb");
    expect([bad.status, bad.request]).toEqual([400, undefined]);
  });

  test("Q28: of who the user is goes to Claude as an id, and as nothing that is a person's", async () => {
    expect(await write(claude, [{ role: "user", content: "Hi" }], { user: "u-7" })).toMatchObject({
      metadata: { user_id: "u-7" },
    });
    expect(await write(claude, [{ role: "user", content: "Hi" }], { user: "ada@example.com" })).not.toHaveProperty(
      "metadata",
    );
  });

  test("Q88: of a model that its address hides is known where its base is declared", async () => {
    const { bedrock } = await import("../../src/index.ts");
    const arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
    const provider = bedrock({
      region: "us-east-1",
      credentials: () => ({ accessKeyId: "AKIATEST", secretAccessKey: "test" }),
      models: [{ id: arn, base: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" }],
    });
    const { chat, sent, url } = createWorld(answerOf(nova), { providers: [provider] });
    const { headers, status } = await chat({ model: `bedrock/${arn}`, reasoning_effort: "low", max_tokens: 4_000 });
    expect(status).toBe(200);
    expect(sent().additionalModelRequestFields).toEqual({ thinking: { type: "enabled", budget_tokens: 1024 } });
    expect(Number(headers.get("x-llm-gateway-cost"))).toBeGreaterThan(0);
    expect(url()).toContain(`/model/${encodeURIComponent(arn)}/`);
  });
});
