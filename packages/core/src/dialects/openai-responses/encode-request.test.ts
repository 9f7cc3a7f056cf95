import { describe, expect, it } from "vitest";
import { rememberSource, type ChatRequest } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { openaiResponses } from "./openai-responses.ts";
import { writeProof } from "./reasoning-proof.ts";

const base: ChatRequest = {
  dialect: "openai-chat",
  model: "m",
  stream: false,
  messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
};
const target: BackTarget = { provider: "acme", model: "m", quirks: {} };
const encode = (
  request: Partial<ChatRequest>,
  to: Partial<BackTarget> = {},
): { body: Json; dropped: readonly string[] } => {
  const { body, dropped } = openaiResponses.encodeRequest({ ...base, ...request }, { ...target, ...to });
  return { body: JSON.parse(String(body)), dropped };
};

describe("encodeRequest", () => {
  it("writes no more than was asked, and keeps nothing at the provider", () => {
    expect(encode({}).body).toEqual({
      store: false,
      model: "m",
      input: [{ type: "message", role: "user", content: "Hi" }],
    });
  });

  it("makes what opens a conversation its instructions; later system messages stay in their place", () => {
    const system = (text: string): ChatRequest["messages"][number] => ({
      role: "system",
      parts: [{ type: "text", text }],
    });
    const { body } = encode({ messages: [system("a"), ...base.messages, system("b")] });
    expect(body["instructions"]).toBe("a");
    expect(body["input"]).toEqual([
      { type: "message", role: "user", content: "Hi" },
      { type: "message", role: "system", content: "b" },
    ]);
  });

  it("writes what a tool returned, media included", () => {
    const { body } = encode({
      messages: [
        ...base.messages,
        {
          role: "assistant",
          parts: [{ type: "tool-call", kind: "custom", id: "x".repeat(70), name: "t", arguments: "in" }],
        },
        {
          role: "tool",
          parts: [
            {
              type: "tool-result",
              toolCallId: "x".repeat(70),
              content: [
                { type: "text", text: "see" },
                { type: "image", source: { type: "base64", mediaType: "image/png", data: "AA" } },
              ],
            },
          ],
        },
      ],
    });
    const call_id = expect.stringMatching(/^call_[0-9a-f]{32}$/);
    expect((body["input"] as readonly Json[]).slice(1)).toEqual([
      { type: "custom_tool_call", call_id, name: "t", input: "in" },
      {
        type: "custom_tool_call_output",
        call_id,
        output: [
          { type: "input_text", text: "see" },
          { type: "input_image", image_url: "data:image/png;base64,AA" },
        ],
      },
    ]);
  });

  it("leaves out reasoning that led to nothing, that it cannot decrypt, or that others issued", () => {
    const signature = { format: "anthropic-claude-v1", value: "s" };
    const encrypted = { format: "openai-responses-v1", value: "g" };
    const { body } = encode({
      messages: [
        ...base.messages,
        {
          role: "assistant",
          parts: [
            { type: "reasoning", text: "foreign", signature },
            { type: "reasoning", text: "bare" },
            { type: "text", text: "Hm." },
            { type: "reasoning", text: "a", summary: true, id: "rs_1" },
            { type: "reasoning", text: "b", summary: true, id: "rs_1", encrypted },
            { type: "tool-call", kind: "function", id: "c", name: "f", arguments: "" },
            { type: "reasoning", text: "", encrypted },
          ],
        },
      ],
    });
    expect((body["input"] as readonly Json[]).slice(1)).toEqual([
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hm." }] },
      {
        type: "reasoning",
        summary: [
          { type: "summary_text", text: "a" },
          { type: "summary_text", text: "b" },
        ],
        encrypted_content: "g",
      },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
    ]);
  });

  it("never sends another family's proof, even in a body nobody changed", () => {
    const encrypted_content = writeProof({ signature: { format: "anthropic-claude-v1", value: "s" } });
    const body = {
      model: "m",
      input: [
        { type: "reasoning", summary: [], encrypted_content },
        { type: "message", role: "assistant", content: "a" },
      ],
    };
    const request = openaiResponses.decodeRequest(body);
    rememberSource(request, { dialect: "openai-responses", bytes: Buffer.from(JSON.stringify(body)), body });
    const written = String(openaiResponses.encodeRequest(request, target).body);
    expect(written).not.toContain(encrypted_content);
    expect(JSON.parse(written)["input"]).toEqual([
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] },
    ]);
  });

  it("asks for what it needs to reason on, of models that reason", () => {
    const include = ["reasoning.encrypted_content"];
    expect(encode({}, { info: { capabilities: ["reasoning"] } }).body["include"]).toEqual(include);
    expect(encode({}, { info: { capabilities: ["tools"] } }).body["include"]).toBeUndefined();
    const asked = encode({ reasoning: { effort: "low" } }).body;
    expect([asked["include"], asked["reasoning"]]).toEqual([include, { effort: "low" }]);
    expect(encode({ reasoning: { budgetTokens: 5000 } }).body["reasoning"]).toEqual({ effort: "medium" });
    expect(encode({ reasoning: { enabled: false } }).body["reasoning"]).toEqual({ effort: "none" });
  });

  it("asks for a summary where the client wants to see what the model thinks, and the model does", () => {
    const seen = { effort: "low", exclude: false };
    expect(encode({ reasoning: seen }).body["reasoning"]).toEqual({ summary: "auto", effort: "low" });
    expect(encode({ reasoning: { ...seen, exclude: true } }).body["reasoning"]).toEqual({ effort: "low" });
    expect(encode({ reasoning: { ...seen, effort: "none" } }).body["reasoning"]).toEqual({ effort: "none" });
    const { body } = encode({ reasoning: { adaptive: true, exclude: false } }, { info: { capabilities: [] } });
    expect(body).not.toHaveProperty("reasoning");
  });

  it("asks for probabilities as this dialect does", () => {
    const { body } = encode({ logprobs: true, topLogprobs: 2 });
    expect([body["include"], body["top_logprobs"]]).toEqual([["message.output_text.logprobs"], 2]);
  });

  it("takes over what Chat Completions calls the same, and names the rest", () => {
    const extras = { store: true, prediction: {}, stream_options: {} };
    const { body, dropped } = encode({ extras, seed: 1, topK: 3, frequencyPenalty: 1, presencePenalty: 0 });
    expect(body["store"]).toBe(true);
    expect(dropped).toEqual(["prediction", "seed", "top_k", "frequency_penalty"]);
  });

  it.each<readonly [string, Partial<ChatRequest>]>([
    ["n", { choiceCount: 2 }],
    ["stop", { stop: ["x"] }],
    ["logit_bias", { logitBias: { 1: 1 } }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["tools", { tools: [{ type: "opaque", dialect: "gemini", value: {} }] }],
    [
      "messages[].content[].input_audio",
      {
        messages: [
          { role: "user", parts: [{ type: "audio", source: { type: "base64", mediaType: "audio/wav", data: "A" } }] },
        ],
      },
    ],
  ])("refuses `%s`, or drops it where the operator says so", (param, request) => {
    expect(() => encode(request)).toThrow(expect.objectContaining({ code: "unsupported_parameter", param }));
    expect(encode(request, { unsupported: "drop" }).dropped).toContain(param);
  });

  it("leaves out what the server is said to lack", () => {
    const { body, dropped } = encode({ temperature: 1 }, { quirks: { unsupported: ["temperature"] } });
    expect([body["temperature"], dropped]).toEqual([undefined, ["temperature"]]);
  });

  it("writes grammars of custom tools in its own form", () => {
    const format = { type: "grammar", grammar: { syntax: "lark", definition: "x" } };
    const { body } = encode({
      tools: [{ type: "custom", name: "c", format }],
      toolChoice: { type: "tool", name: "c" },
    });
    expect(body["tools"]).toEqual([
      { type: "custom", name: "c", format: { type: "grammar", syntax: "lark", definition: "x" } },
    ]);
    expect(body["tool_choice"]).toEqual({ type: "custom", name: "c" });
  });
});
