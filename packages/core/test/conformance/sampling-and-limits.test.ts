import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../src/testing/wire.ts";
import { claudeMessage, geminiAnswer } from "./answers.ts";
import { createWorld, type Tree } from "./world.ts";

const hi = [{ type: "text", text: "Hi" }];

describe("the limit of an answer", () => {
  test("Q20: of Claude is the model's own where the client sets none, and a usual one where nobody knows", async () => {
    const { chat, sent } = createWorld(claudeMessage(hi));
    await chat({ model: "anthropic/claude-sonnet-4-5" });
    await chat({ model: "anthropic/claude-of-tomorrow" });
    expect(sent(0).max_tokens).toBe(64_000);
    expect(sent(1).max_tokens).toBe(4096);
  });

  test.each([1.5, 0, -1, "many"])("Q20: must be a count, and %j is refused by its name", async (max_tokens) => {
    const { chat, transport } = createWorld(claudeMessage(hi));
    const { status, body } = await chat({ model: "anthropic/claude-sonnet-4-5", max_tokens });
    expect([status, body.error.param]).toEqual([400, "max_tokens"]);
    expect(transport.requests).toHaveLength(0);
  });

  test("Q91: has the name that OpenAI's models that reason know, whatever the client calls it", async () => {
    const { chat, messages, sent } = createWorld({ body: chatAnswer("Hi") });
    await chat({ model: "openai/gpt-5", max_tokens: 50 });
    await messages({ model: "openai/o3", max_tokens: 60 });
    expect(sent(0)).toMatchObject({ max_completion_tokens: 50 });
    expect(sent(0)).not.toHaveProperty("max_tokens");
    expect(sent(1)).toMatchObject({ max_completion_tokens: 60 });
  });
});

describe("sampling", () => {
  const knobs = { temperature: 0.2, top_p: 0.5, presence_penalty: 0.5, frequency_penalty: 0.5 };

  test.each([
    ["openai/gpt-5", {}, Object.keys(knobs)],
    ["openai/o4-mini", {}, Object.keys(knobs)],
    // These sample freely as long as they do not reason.
    ["openai/gpt-5.2", {}, ["presence_penalty", "frequency_penalty"]],
    ["openai/gpt-5.2", { reasoning_effort: "none" }, ["presence_penalty", "frequency_penalty"]],
    ["openai/gpt-5.2", { reasoning_effort: "low" }, Object.keys(knobs)],
    ["openai/gpt-4.1", {}, []],
    ["openai/gpt-5-chat-latest", {}, []],
    ["xai/grok-4-fast-reasoning", {}, ["presence_penalty", "frequency_penalty"]],
    ["xai/grok-4-fast-non-reasoning", {}, []],
    ["gemini/gemini-3-pro-preview", {}, ["presence_penalty", "frequency_penalty"]],
    ["gemini/gemini-2.5-flash", {}, []],
  ])("Q91, Q103, Q58: %s with %j goes without %j, by name", async (model, more, gone) => {
    const google = model.startsWith("gemini");
    const { chat, sent } = createWorld(google ? geminiAnswer([{ text: "Hi" }]) : { body: chatAnswer("Hi") });
    const { status, dropped } = await chat({ model, ...knobs, ...more });
    expect(status).toBe(200);
    expect(dropped.toSorted()).toEqual(gone.toSorted());
    if (google) return;
    expect(Object.keys(knobs).filter((name) => !(name in sent()))).toEqual(
      Object.keys(knobs).filter((name) => gone.includes(name)),
    );
  });

  test("Q91: that is what such a model does anyway passes byte for byte", async () => {
    const { chat, sent } = createWorld({ body: chatAnswer("Hi") });
    const { dropped } = await chat({ model: "openai/gpt-5", temperature: 1, top_p: 1, some_new_field: [1] });
    expect(sent()).toMatchObject({ temperature: 1, top_p: 1, some_new_field: [1] });
    expect(dropped).toEqual([]);
  });

  test.each([
    ["openai/gpt-5", { stop: ["END"] }, "stop"],
    ["openai/o3", { logprobs: true }, "logprobs"],
    ["openai/gpt-5.2", { logprobs: true, reasoning_effort: "high" }, "logprobs"],
    ["xai/grok-4", { stop: "END" }, "stop"],
  ])("Q91, Q103: %s with %j is refused, for the answer would be another", async (model, more, param) => {
    const { chat, transport } = createWorld({ body: chatAnswer("Hi") });
    const { status, body } = await chat({ model, ...more });
    expect([status, body.error.code, body.error.param]).toEqual([400, "unsupported_parameter", param]);
    expect(transport.requests).toHaveLength(0);
  });

  test("Q91: of an answer that is asked for in the Responses API goes the same way", async () => {
    const { responses, sent } = createWorld({ body: { object: "response", status: "completed", output: [] } });
    const { dropped } = await responses({ model: "responses/gpt-5", temperature: 0.2 });
    expect(sent()).not.toHaveProperty("temperature");
    expect(dropped).toEqual(["temperature"]);
  });

  test.each([
    ["mistral/mistral-small-latest", { temperature: 1.8, seed: 3 }, { temperature: 1.5, random_seed: 3 }],
    ["moonshot/kimi-k2", { temperature: 1.8, seed: 3 }, { temperature: 1, seed: 3 }],
    ["minimax/MiniMax-M2", { temperature: 1.8 }, { temperature: 1 }],
  ])(
    "Q97, Q105: %s is asked in its own words and within its bounds, and what was lowered is named",
    async (model, asked, written) => {
      const { chat, sent } = createWorld({ body: chatAnswer("Hi") });
      const { dropped } = await chat({ model, ...asked });
      expect(sent()).toMatchObject(written);
      expect(dropped).toEqual(["temperature"]);
    },
  );
});

describe("unknown fields", () => {
  const brandNew = { brand_new: { deep: [1, null] } };

  test("Q110: go on to a server of the client's own dialect", async () => {
    const { chat, messages, generate, sent } = createWorld(({ url }): Tree => {
      if (url.includes("anthropic")) return claudeMessage(hi);
      return url.includes("google") ? geminiAnswer([{ text: "Hi" }]) : { body: chatAnswer("Hi") };
    });
    await chat({ model: "house/m", ...brandNew });
    await messages({ model: "anthropic/claude-sonnet-4-5", ...brandNew });
    await generate("gemini/gemini-2.5-flash", brandNew);
    for (const index of [0, 1, 2]) expect(sent(index)).toMatchObject(brandNew);
  });

  test("Q110: are dropped by name on the way into another, or refused where the operator wants that", async () => {
    const answer = claudeMessage(hi);
    const { dropped } = await createWorld(answer).chat({ model: "anthropic/claude-sonnet-4-5", ...brandNew });
    expect(dropped).toEqual(["brand_new"]);
    const strict = createWorld(answer, { unsupported: "refuse" });
    const { status, body } = await strict.chat({ model: "anthropic/claude-sonnet-4-5", ...brandNew });
    expect([status, body.error.param]).toEqual([400, "brand_new"]);
  });
});

describe("what a parameter means", () => {
  // Parameters of chat that each of the others cannot be asked for: they are never lost in silence.
  test.each([
    ["anthropic/claude-sonnet-4-5", ["logit_bias", "n", "logprobs", "modalities"], ["seed", "metadata"]],
    ["bedrock/amazon.nova-pro-v1:0", ["logit_bias", "n", "logprobs", "modalities"], ["seed"]],
    ["cohere/command-a-03-2025", ["n", "modalities"], ["metadata", "logit_bias"]],
    ["ollama/llama3.2", ["n", "modalities"], ["metadata", "logit_bias"]],
    ["gemini/gemini-2.5-flash", ["modalities"], ["metadata", "logit_bias"]],
    ["responses/gpt-4.1", ["logit_bias", "n", "modalities", "stop"], ["seed"]],
  ])("T38: %s refuses %j, and names %j as dropped", async (model, refused, droppable) => {
    const values: Record<string, unknown> = {
      logit_bias: { "7": 1 },
      n: 2,
      logprobs: true,
      modalities: ["text", "audio"],
      stop: ["END"],
      seed: 1,
      metadata: { a: "{}" },
    };
    for (const param of refused) {
      const { status, body } = await createWorld().chat({ model, [param]: values[param] });
      expect([status, body.error.param]).toEqual([400, param]);
    }
    const explained = await createWorld().gateway.explain({
      model,
      messages: [{ role: "user", content: "Hi" }],
      seed: 1,
      metadata: { a: "{}" },
      ...(droppable.includes("logit_bias") ? { logitBias: { "7": 1 } } : {}),
    });
    expect(explained.targets[0]?.dropped).toEqual(expect.arrayContaining(droppable));
  });
});
