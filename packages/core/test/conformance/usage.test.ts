import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../src/testing/wire.ts";
import { claudeBlock, claudeMessage, claudeStream, converseAnswer, geminiAnswer, geminiStream } from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

const claude = "anthropic/claude-sonnet-4-5";
const text = [{ type: "text", text: "Hi" }];
const frames = claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "Hi" });
const gemini = "gemini/gemini-2.5-flash";

describe("usage", () => {
  const cached = {
    input_tokens: 10,
    cache_read_input_tokens: 100,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
    output_tokens: 5,
  };

  test.each<[string, string, Respond, Tree]>([
    [
      "Q31, T7",
      claude,
      claudeMessage(text, "end_turn", { usage: cached }),
      {
        prompt_tokens: 140,
        completion_tokens: 5,
        total_tokens: 145,
        prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 30 },
      },
    ],
    [
      "Q85, T7",
      "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      converseAnswer([{ text: "Hi" }], "end_turn", {
        usage: {
          inputTokens: 10,
          outputTokens: 5,
          cacheReadInputTokens: 100,
          cacheWriteInputTokens: 30,
          totalTokens: 145,
        },
      }),
      {
        prompt_tokens: 140,
        completion_tokens: 5,
        total_tokens: 145,
        prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 30 },
      },
    ],
    [
      "Q68, T7, T8",
      gemini,
      geminiAnswer([{ text: "Hi" }], "STOP", {
        usageMetadata: {
          promptTokenCount: 140,
          cachedContentTokenCount: 100,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 20,
          totalTokenCount: 165,
        },
      }),
      {
        prompt_tokens: 140,
        completion_tokens: 25,
        total_tokens: 165,
        prompt_tokens_details: { cached_tokens: 100 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
    ],
    [
      "Q67",
      gemini,
      geminiAnswer([{ text: "Hi" }], "STOP", {
        usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 25, thoughtsTokenCount: 20, totalTokenCount: 35 },
      }),
      {
        prompt_tokens: 10,
        completion_tokens: 25,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
    ],
  ])("%s: of %s is counted as the client's dialect counts it", async (_, model, answer, usage) => {
    const { body } = await createWorld(answer).chat({ model });
    expect(body.usage).toMatchObject(usage);
  });

  test("Q31, T7: comes back to a client of Messages as Claude said it", async () => {
    const usage = {
      prompt_tokens: 140,
      completion_tokens: 5,
      total_tokens: 145,
      prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 30 },
    };
    const { body } = await createWorld({ body: chatAnswer("Hi", { usage }) }).messages({ model: "house/m" });
    expect(body.usage).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      output_tokens: 5,
    });
  });

  test("Q31: is paid by its parts, and none of them twice", async () => {
    const { chat, ledger } = createWorld(claudeMessage(text, "end_turn", { usage: cached }));
    await chat({ model: claude });
    // In nano-dollars: 3000 a token in, 15000 out, reads at a tenth, writes at five quarters, for an hour at double.
    const expected = 10 * 3_000 + 100 * 300 + 20 * 3_750 + 10 * 6_000 + 5 * 15_000;
    expect(ledger.rows()[0]).toMatchObject({ costNanoUsd: expected, costSource: "local" });
  });

  test("Q32, T9: of Claude's stream is what came last, and what only came before", async () => {
    const start = { input_tokens: 10, cache_read_input_tokens: 100, output_tokens: 1 };
    const { chat, ledger } = createWorld(claudeStream(frames, "end_turn", { start, end: { output_tokens: 50 } }));
    const { chunks } = await chat({ model: claude, stream: true, stream_options: { include_usage: true } });
    expect(chunks.at(-1).usage).toMatchObject({ prompt_tokens: 110, completion_tokens: 50, total_tokens: 160 });
    expect(ledger.rows()[0]?.usage).toMatchObject({ inputTokens: 110, outputTokens: 50 });
  });

  test("Q69, T9: that grows with every chunk is never added up", async () => {
    const counts = [1, 2, 3].map((candidatesTokenCount) => ({
      promptTokenCount: 10,
      candidatesTokenCount,
      totalTokenCount: 10 + candidatesTokenCount,
    }));
    const { chat } = createWorld(geminiStream([[{ text: "a" }], [{ text: "b" }], [{ text: "c" }]], "STOP", counts));
    const { chunks } = await chat({ model: gemini, stream: true, stream_options: { include_usage: true } });
    expect(chunks.filter(({ usage }) => usage !== null && usage !== undefined)).toMatchObject([
      { usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 } },
    ]);
  });

  test("Q33: names no reasoning that nobody counted", async () => {
    const thought = { type: "thinking", thinking: "Hm", signature: "s" };
    const { body } = await createWorld(claudeMessage([thought, ...text])).chat({ model: claude });
    expect(body.usage).not.toHaveProperty("completion_tokens_details");
  });

  test.each([
    [
      "T8",
      "xai/grok-4-fast-reasoning",
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 35,
        completion_tokens_details: { reasoning_tokens: 20 },
      },
      { input: 10, read: undefined, output: 25 },
    ],
    [
      "Q100",
      "deepseek/deepseek-chat",
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_cache_hit_tokens: 4 },
      { input: 6, read: 4, output: 5 },
    ],
    [
      "Q103",
      "xai/grok-4-fast-reasoning",
      {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { text_tokens: 10, cached_tokens: 4 },
      },
      { input: 6, read: 4, output: 5 },
    ],
  ])(
    "%s: of %s has its own places for what was cached and thought",
    async (_, model, usage, { input, read, output }) => {
      const { body } = await createWorld({ body: chatAnswer("Hi", { usage }) }).messages({ model });
      const { input_tokens, cache_read_input_tokens, output_tokens } = body.usage;
      expect([input_tokens, cache_read_input_tokens, output_tokens]).toEqual([input, read, output]);
    },
  );

  test("Q105: of OpenRouter brings its cost", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cost: 0.25 };
    const { chat, ledger, sent } = createWorld({ body: chatAnswer("Hi", { usage }) });
    const { body } = await chat({ model: "openrouter/a/b", usage: { include: true } });
    expect(sent().usage).toEqual({ include: true });
    expect(body.usage.cost).toBe(0.25);
    expect(ledger.rows()[0]).toMatchObject({ costNanoUsd: 250_000_000, costSource: "provider" });
  });

  test("T35: and citations count in each dialect's own units", async () => {
    const answer = "naïve 🦉 cited";
    const at = Buffer.byteLength("naïve 🦉 ");
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
      groundingSupports: [{ segment: { startIndex: at, endIndex: at + 5, text: "cited" }, groundingChunkIndices: [0] }],
    };
    const { candidates } = geminiAnswer([{ text: answer }]).body as Tree;
    const body = { candidates: [{ ...candidates[0], groundingMetadata }] };
    const asked = await createWorld({ body }).chat({ model: gemini });
    const [{ url_citation }] = asked.body.choices[0].message.annotations;
    expect(answer.slice(url_citation.start_index, url_citation.end_index)).toBe("cited");
  });
});
