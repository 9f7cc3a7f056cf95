import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../src/testing/wire.ts";
import {
  chatDeltas,
  chatMessage,
  claudeMessage,
  cohereAnswer,
  converseAnswer,
  geminiAnswer,
  ollamaAnswer,
} from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

/** Who answers, by the model's provider. */
const answerOf = (model: string): Respond => {
  if (model.startsWith("anthropic")) return claudeMessage([{ type: "text", text: "Hi" }]);
  if (model.startsWith("gemini")) return geminiAnswer([{ text: "Hi" }]);
  if (model.startsWith("bedrock")) return converseAnswer([{ text: "Hi" }]);
  if (model.startsWith("cohere")) return cohereAnswer({ content: [{ type: "text", text: "Hi" }] });
  if (model.startsWith("ollama")) return ollamaAnswer({ content: "Hi" });
  if (model.startsWith("responses")) return { body: { object: "response", status: "completed", output: [] } };
  return { body: chatAnswer("Hi") };
};

describe("effort", () => {
  // What each family is told of one effort; a word it lacks becomes the nearest it has.
  test.each<[model: string, effort: string, written: Tree, named?: string[]]>([
    ["openai/gpt-5", "xhigh", { reasoning_effort: "high" }],
    ["openai/gpt-5", "none", { reasoning_effort: "minimal" }, ["reasoning_effort"]],
    ["openai/gpt-5.1", "minimal", { reasoning_effort: "none" }],
    ["openai/gpt-5.2", "max", { reasoning_effort: "xhigh" }],
    ["responses/gpt-5-pro", "low", { reasoning: { effort: "high" } }],
    ["openai/o4-mini", "minimal", { reasoning_effort: "low" }],
    ["openai/gpt-9", "max", { reasoning_effort: "max" }],
    ["responses/o4-mini", "minimal", { reasoning: { effort: "low" } }],
    ["anthropic/claude-opus-4-6", "xhigh", { thinking: { type: "adaptive" }, output_config: { effort: "high" } }],
    ["anthropic/claude-opus-4-6", "max", { thinking: { type: "adaptive" }, output_config: { effort: "max" } }],
    ["anthropic/claude-opus-5", "xhigh", { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" } }],
    ["anthropic/claude-sonnet-4-5", "minimal", { thinking: { type: "enabled", budget_tokens: 1024 } }],
    ["anthropic/claude-sonnet-4-5", "none", { thinking: { type: "disabled" } }],
    [
      "gemini/gemini-2.5-pro",
      "none",
      { generationConfig: { thinkingConfig: { thinkingBudget: 128, includeThoughts: false } } },
    ],
    [
      "gemini/gemini-2.5-flash",
      "none",
      { generationConfig: { thinkingConfig: { thinkingBudget: 0, includeThoughts: false } } },
    ],
    ["gemini/gemini-2.5-flash-lite", "minimal", { generationConfig: { thinkingConfig: { thinkingBudget: 512 } } }],
    ["gemini/gemini-3-pro-preview", "medium", { generationConfig: { thinkingConfig: { thinkingLevel: "HIGH" } } }],
    ["gemini/gemini-3-flash-preview", "medium", { generationConfig: { thinkingConfig: { thinkingLevel: "MEDIUM" } } }],
    [
      "bedrock/us.amazon.nova-2-lite-v1:0",
      "low",
      { additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } } },
    ],
    ["bedrock/openai.gpt-oss-120b-1:0", "high", { additionalModelRequestFields: { reasoning_effort: "high" } }],
    [
      "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "minimal",
      { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } } },
    ],
    ["cohere/command-a-reasoning-08-2025", "none", { thinking: { type: "disabled" } }],
    ["ollama/gpt-oss:20b", "high", { think: "high" }],
    ["ollama/qwen3", "high", { think: true }],
    ["deepseek/deepseek-chat", "medium", { thinking: { type: "enabled" }, reasoning_effort: "low" }],
    ["deepseek/deepseek-chat", "none", { thinking: { type: "disabled" } }],
    ["xai/grok-3-mini", "medium", { reasoning_effort: "low" }],
    ["xai/grok-4.3", "none", { reasoning_effort: "none" }],
    ["groq/openai/gpt-oss-20b", "max", { reasoning_effort: "high" }],
    ["groq/qwen/qwen3-32b", "high", { reasoning_effort: "default" }],
    ["alibaba/qwen3-max", "low", { enable_thinking: true }],
    ["openrouter/anthropic/claude-sonnet-4.5", "high", { reasoning: { effort: "high" } }],
  ])("Q22, Q23, Q59, Q60, Q82: %s at %s", async (model, reasoning_effort, written, named = []) => {
    const { chat, sent } = createWorld(answerOf(model));
    const { status, dropped } = await chat({ model, reasoning_effort });
    expect(status).toBe(200);
    expect(sent()).toMatchObject(written);
    expect(dropped).toEqual(named);
  });

  test.each([
    "xai/grok-4-fast-reasoning",
    "groq/llama-3.3-70b-versatile",
    "minimax/MiniMax-M2",
    "anthropic/claude-3-5-haiku-20241022",
  ])("is named as dropped where %s has no such setting", async (model) => {
    const { chat, sent } = createWorld(answerOf(model));
    const { dropped } = await chat({ model, reasoning_effort: "high" });
    expect(dropped).toEqual(["reasoning_effort"]);
    expect(sent()).not.toHaveProperty("reasoning_effort");
  });

  test.each([
    ["openai/gpt-5", 512, "low"],
    ["openai/gpt-5", 4_000, "medium"],
    ["openai/gpt-5", 20_000, "high"],
  ])("of %s stands for a budget of %d tokens", async (model, budget_tokens, effort) => {
    const { messages, sent } = createWorld(answerOf(model));
    await messages({ model, max_tokens: 30_000, thinking: { type: "enabled", budget_tokens } });
    expect(sent().reasoning_effort).toBe(effort);
  });

  test("Q21: leaves Claude room to answer beyond its budget", async () => {
    const { chat, sent } = createWorld(answerOf("anthropic"));
    await chat({ model: "anthropic/claude-sonnet-4-5", reasoning: { max_tokens: 2_000 }, max_tokens: 500 });
    const { thinking, max_tokens } = sent();
    expect(thinking.budget_tokens).toBe(2_000);
    expect(max_tokens).toBe(2_500);
  });

  test("Q93: may come with a wish for a summary, which is kept where there is one, and named where there is none", async () => {
    const reasoning_effort = { effort: "low", summary: "auto" };
    const answers = createWorld(answerOf("responses"));
    const kept = await answers.chat({ model: "responses/gpt-5", reasoning_effort });
    expect(answers.sent().reasoning).toEqual({ effort: "low", summary: "auto" });
    expect(kept.dropped).toEqual([]);
    const chat = createWorld(answerOf("openai"));
    const { dropped } = await chat.chat({ model: "openai/gpt-5", reasoning_effort });
    expect(chat.sent().reasoning_effort).toBe("low");
    expect(dropped).toEqual(["reasoning_effort.summary"]);
  });
});

describe("what was thought", () => {
  const calls = [{ id: "call_1", type: "function", function: { name: "look", arguments: "{}" } }];
  const tools = [{ type: "function", function: { name: "look" } }];
  const turns = (assistant: object): Tree => [
    { role: "user", content: "Look." },
    { role: "assistant", content: null, tool_calls: calls, ...assistant },
    { role: "tool", tool_call_id: "call_1", content: "Seen." },
  ];

  test("Q100: goes back to DeepSeek in turns with calls, and is an empty text where a client lost it", async () => {
    const { chat, sent } = createWorld(answerOf("deepseek"));
    await chat({ model: "deepseek/deepseek-chat", tools, messages: turns({ reasoning_content: "Let me look." }) });
    await chat({ model: "deepseek/deepseek-chat", tools, messages: turns({}) });
    expect(sent(0).messages[1]).toMatchObject({ reasoning_content: "Let me look." });
    expect(sent(1).messages[1]).toMatchObject({ reasoning_content: "" });
  });

  test("Q100: and said to DeepSeek is one text, never a list", async () => {
    const { chat, sent } = createWorld(answerOf("deepseek"));
    const parts = [
      { type: "text", text: "One" },
      { type: "text", text: "two" },
    ];
    await chat({ model: "deepseek/deepseek-chat", messages: [{ role: "user", content: parts }] });
    expect(sent().messages[0].content).toBe("One\n\ntwo");
  });

  const claude = [
    { type: "thinking", thinking: "First.", signature: "sig-1" },
    { type: "redacted_thinking", data: "secret" },
    { type: "tool_use", id: "toolu_1", name: "look", input: {} },
    // Its text was withheld: only the signature is left.
    { type: "thinking", thinking: "", signature: "sig-2" },
    { type: "tool_use", id: "toolu_2", name: "look", input: {} },
  ];

  test("Q7, Q8, T27, T28: by Claude returns through chat in its order, with every signature and what was withheld", async () => {
    const { chat, sent } = createWorld(claudeMessage(claude, "tool_use"));
    const model = "anthropic/claude-sonnet-4-5";
    const { body } = await chat({ model, tools });
    const { message } = body.choices[0];
    expect(message.reasoning_content).toBe("First.");
    const results = message.tool_calls.map(({ id }: Tree) => ({ role: "tool", tool_call_id: id, content: "Seen." }));
    await chat({ model, tools, messages: [{ role: "user", content: "Hello" }, message, ...results] });
    expect(sent(1).messages[1].content).toEqual(claude);
  });

  test("Q7, T27: by Claude goes back to nobody else, not even as text", async () => {
    const { chat } = createWorld(claudeMessage(claude, "tool_use"));
    const { body } = await chat({ model: "anthropic/claude-sonnet-4-5", tools });
    const { message } = body.choices[0];
    const results = message.tool_calls.map(({ id }: Tree) => ({ role: "tool", tool_call_id: id, content: "Seen." }));
    const history = [{ role: "user", content: "Hello" }, message, ...results];
    for (const model of [
      "openai/gpt-5",
      "gemini/gemini-2.5-flash",
      "deepseek/deepseek-chat",
      "ollama/qwen3",
      "responses/gpt-5",
    ]) {
      const other = createWorld(answerOf(model));
      const { status } = await other.chat({ model, tools, messages: history });
      const written = JSON.stringify(other.sent());
      const leaked = ["sig-1", "sig-2", "secret", "First."].filter((secret) => written.includes(secret));
      expect([model, status, leaked]).toEqual([model, 200, []]);
    }
  });

  test.each<[string, { readonly reasoning_effort?: string }, string]>([
    ["openai/gpt-5.4", { reasoning_effort: "high" }, "responses"],
    ["openai/gpt-5.4", { reasoning_effort: "none" }, "chat/completions"],
    ["openai/gpt-5.4", {}, "chat/completions"],
    ["openai/gpt-5.2", { reasoning_effort: "high" }, "chat/completions"],
  ])("Q92: about functions is asked of %s with %j at %s, and never left out", async (model, asked, api) => {
    const { chat, sent, url } = createWorld(answerOf(api));
    const { status, dropped } = await chat({ model, tools, ...asked });
    expect([status, dropped, url().endsWith(`/${api}`)]).toEqual([200, [], true]);
    expect(sent().reasoning_effort ?? sent().reasoning?.effort).toBe(asked.reasoning_effort);
  });

  test.each([
    ["house/m", "reasoning"],
    ["house/m", "reasoning_content"],
  ])("Q105: by %s in `%s` is told as reasoning_content, whole and streamed", async (model, field) => {
    const whole = createWorld(chatMessage({ content: "Hi", [field]: "Hm." }));
    const asked = await whole.messages({ model });
    expect(asked.body.content).toMatchObject([
      { type: "thinking", thinking: "Hm." },
      { type: "text", text: "Hi" },
    ]);
    const streamed = createWorld(chatDeltas([{ role: "assistant" }, { [field]: "Hm." }, { content: "Hi" }]));
    const { chunks } = await streamed.messages({ model, stream: true });
    expect(chunks.some(({ delta }) => delta?.thinking === "Hm.")).toBe(true);
  });

  test("Q101: in think tags of Ollama is reasoning, in whatever pieces it comes", async () => {
    const line = (content: string, done = false): string =>
      `${JSON.stringify({ model: "m", message: { role: "assistant", content }, done, ...(done && { done_reason: "stop" }) })}\n`;
    const { chat } = createWorld({
      headers: { "content-type": "application/x-ndjson" },
      body: [line("<thi"), line("nk>Hm."), line("</think>\n\nHi"), line("", true)],
    });
    const { chunks } = await chat({ model: "ollama/qwen3", stream: true });
    const joined = (field: string): string => chunks.map((chunk) => chunk.choices[0]?.delta[field] ?? "").join("");
    expect([joined("reasoning_content"), joined("content")]).toEqual(["Hm.", "Hi"]);
  });

  test("T31: is all there is where the limit was too low for an answer, which is empty and cut", async () => {
    const google = createWorld({
      body: {
        candidates: [{ finishReason: "MAX_TOKENS", index: 0 }],
        usageMetadata: { promptTokenCount: 10, thoughtsTokenCount: 50, totalTokenCount: 60 },
      },
    });
    const { body } = await google.chat({ model: "gemini/gemini-2.5-pro", max_tokens: 50 });
    expect(body.choices).toMatchObject([{ message: { content: "" }, finish_reason: "length" }]);
    expect(body.usage).toMatchObject({ completion_tokens: 50, completion_tokens_details: { reasoning_tokens: 50 } });
    const short = createWorld(claudeMessage([{ type: "thinking", thinking: "Hm", signature: "s" }], "max_tokens"));
    const answer = await short.chat({ model: "anthropic/claude-sonnet-4-5" });
    expect(answer.body.choices).toMatchObject([
      { message: { content: "", reasoning_content: "Hm" }, finish_reason: "length" },
    ]);
  });
});
