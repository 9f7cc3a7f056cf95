import { describe, expect, test } from "vitest";
import {
  chatCall,
  chatMessage,
  claudeBlock,
  claudeMessage,
  claudeStream,
  cohereAnswer,
  converseAnswer,
  geminiAnswer,
  geminiStream,
  ollamaAnswer,
} from "./answers.ts";
import { createWorld, type Respond, type Tree } from "./world.ts";

const text = [{ type: "text", text: "Hi" }];
const call = { type: "tool_use", id: "t", name: "look", input: {} };
const claude = "anthropic/claude-sonnet-4-5";
const gemini = "gemini/gemini-2.5-flash";
const nova = "bedrock/amazon.nova-pro-v1:0";
const geminiCall = { functionCall: { name: "look", args: {} } };

describe("why an answer ended", () => {
  // Model, its answer, and the reason in the words of chat, Messages, and Responses.
  const cases: readonly (readonly [string, string, Respond, string, string, string])[] = [
    ["Q34", claude, claudeMessage(text, "end_turn"), "stop", "end_turn", "completed"],
    ["Q34", claude, claudeMessage(text, "stop_sequence"), "stop", "stop_sequence", "completed"],
    ["Q34", claude, claudeMessage(text, "max_tokens"), "length", "max_tokens", "max_output_tokens"],
    ["Q34", claude, claudeMessage([call], "tool_use"), "tool_calls", "tool_use", "completed"],
    ["Q34", claude, claudeMessage(text, "pause_turn"), "stop", "pause_turn", "completed"],
    ["Q34", claude, claudeMessage(text, "refusal"), "content_filter", "refusal", "content_filter"],
    [
      "Q34",
      claude,
      claudeMessage(text, "model_context_window_exceeded"),
      "length",
      "model_context_window_exceeded",
      "max_output_tokens",
    ],
    ["T33", claude, claudeMessage([], "end_turn"), "stop", "end_turn", "completed"],
    ["T2", gemini, geminiAnswer([geminiCall]), "tool_calls", "tool_use", "completed"],
    ["Q64", gemini, geminiAnswer([{ text: "Hi" }], "SAFETY"), "content_filter", "refusal", "content_filter"],
    ["Q64", gemini, geminiAnswer(undefined, "RECITATION"), "content_filter", "refusal", "content_filter"],
    ["Q64", gemini, geminiAnswer(undefined, "IMAGE_SAFETY"), "content_filter", "refusal", "content_filter"],
    [
      "Q66",
      gemini,
      {
        body: { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } },
      },
      "content_filter",
      "refusal",
      "content_filter",
    ],
    [
      "T1",
      "house/m",
      chatMessage({ tool_calls: [chatCall("t", "look", "{}")] }, "stop"),
      "stop",
      "tool_use",
      "completed",
    ],
    [
      "T20",
      "house/m",
      chatMessage({ tool_calls: [chatCall("t", "look", "{}")] }, "tool_call"),
      "tool_calls",
      "tool_use",
      "completed",
    ],
    [
      "T20",
      "house/m",
      chatMessage({ tool_calls: [chatCall("t", "look", "{}")] }, ""),
      "tool_calls",
      "tool_use",
      "completed",
    ],
    ["T20", "together/m", chatMessage({ content: "Hi" }, "eos"), "stop", "end_turn", "completed"],
    [
      "T32",
      "house/m",
      chatMessage({ tool_calls: [chatCall("t", "look", '{"a')] }, "length"),
      "length",
      "max_tokens",
      "max_output_tokens",
    ],
    [
      "T33",
      nova,
      converseAnswer([{ text: "Hi" }], "guardrail_intervened"),
      "content_filter",
      "refusal",
      "content_filter",
    ],
    [
      "Q99",
      "cohere/command-a-03-2025",
      cohereAnswer({ content: text }, "MAX_TOKENS"),
      "length",
      "max_tokens",
      "max_output_tokens",
    ],
    [
      "Q101",
      "ollama/llama3.2",
      ollamaAnswer({ content: "Hi" }, { done_reason: "length" }),
      "length",
      "max_tokens",
      "max_output_tokens",
    ],
  ];

  test.each(cases)(
    "%s: is told by %s in the words of every client (%#)",
    async (_, model, answer, chat, messages, responses) => {
      const asChat = await createWorld(answer).chat({ model });
      expect(asChat.body.choices[0].finish_reason).toBe(chat);
      const asMessages = await createWorld(answer).messages({ model });
      expect(asMessages.body.stop_reason).toBe(messages);
      const asResponses = await createWorld(answer).responses({ model });
      const { status, incomplete_details: details } = asResponses.body;
      expect(status === "completed" ? status : details.reason).toBe(responses);
    },
  );

  test.each([
    ["MALFORMED_FUNCTION_CALL", undefined],
    ["UNEXPECTED_TOOL_CALL", undefined],
    ["OTHER", undefined],
    ["MALFORMED_FUNCTION_CALL", [geminiCall]],
  ])("Q64, T34: by Gemini's %s after %j is a failure, and no answer", async (reason, parts) => {
    const answer = geminiAnswer(parts, reason);
    const asChat = await createWorld(answer).chat({ model: gemini });
    expect(asChat.body.choices[0].finish_reason).toBe("error");
    const asMessages = await createWorld(answer).messages({ model: gemini });
    expect([asMessages.status, asMessages.body.error.type]).toEqual([502, "api_error"]);
    const asResponses = await createWorld(answer).responses({ model: gemini });
    expect([asResponses.status, asResponses.body.error.type]).toEqual([502, "server_error"]);
  });

  test("Q65: is a call where its chunk has nothing but the reason", async () => {
    const { chat } = createWorld(geminiStream([[geminiCall], []]));
    const { chunks } = await chat({ model: gemini, stream: true });
    expect(chunks.at(-1).choices[0].finish_reason).toBe("tool_calls");
  });

  test("Q66, T34: of a prompt that was blocked is a filter with nothing said, whole and streamed", async () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } };
    const whole = await createWorld({ body: blocked }).chat({ model: gemini });
    expect(whole.body.choices).toMatchObject([{ message: { content: "" }, finish_reason: "content_filter" }]);
    const streamed = await createWorld({ body: [`data: ${JSON.stringify(blocked)}\r\n\r\n`] }).chat({
      model: gemini,
      stream: true,
    });
    expect(streamed.chunks.at(-1).choices[0].finish_reason).toBe("content_filter");
    expect(streamed.broke).toBe(false);
  });

  test("T33: is a refusal with its explanation where Claude gives one after it has begun", async () => {
    const stop_details = { type: "refusal", category: "cyber", explanation: "I cannot help with that." };
    const frames = claudeBlock(0, { type: "text", text: "" }, { type: "text_delta", text: "Well" });
    const { chunks } = await createWorld(claudeStream(frames, "refusal", { delta: { stop_details } })).chat({
      model: claude,
      stream: true,
    });
    const refusal = chunks.map((chunk) => chunk.choices[0]?.delta.refusal ?? "").join("");
    expect(refusal).toBe("I cannot help with that.");
    expect(chunks.at(-1).choices[0].finish_reason).toBe("content_filter");
  });

  test("T32: by a limit never leaves half a call to those who take objects", async () => {
    const answer = chatMessage({ content: "Well", tool_calls: [chatCall("t", "look", '{"a')] }, "length");
    const asMessages = await createWorld(answer).messages({ model: "house/m" });
    expect(asMessages.body.content).toEqual([{ type: "text", text: "Well" }]);
    const asGemini = await createWorld(answer).generate("house/m", {});
    const [{ content, finishReason }]: Tree = asGemini.body.candidates;
    expect([content.parts, finishReason]).toEqual([[{ text: "Well" }], "MAX_TOKENS"]);
  });
});
