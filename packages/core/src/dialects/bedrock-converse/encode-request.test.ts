import { describe, expect, it } from "vitest";
import { claude, encode, text, user } from "../../../test/converse-request.ts";
import { rememberSource, type ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { bedrockConverse } from "./bedrock-converse.ts";

describe("the call", () => {
  const pathOf = (model: string, stream = false): string =>
    bedrockConverse.encodeRequest(
      { dialect: "openai-chat", model: "m", stream, messages: [user(text("Hi"))] },
      { provider: "bedrock", model, quirks: {} },
    ).path;

  it("puts the model into the path as one segment, whatever kind of name it has", () => {
    expect(pathOf(claude)).toBe("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse");
    expect(pathOf("arn:aws:bedrock:us-east-1:1:application-inference-profile/ab", true)).toBe(
      "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aapplication-inference-profile%2Fab/converse-stream",
    );
    expect(pathOf("../a?b#c")).toBe("/model/..%2Fa%3Fb%23c/converse");
    expect(() => pathOf("..")).toThrow(GatewayError);
  });

  it("asks for the binary framing where it streams", () => {
    const encoded = bedrockConverse.encodeRequest(
      { dialect: "openai-chat", model: "m", stream: true, messages: [user(text("Hi"))] },
      { provider: "bedrock", model: claude, quirks: {} },
    );
    expect(encoded.headers).toEqual({ accept: "application/vnd.amazon.eventstream" });
  });

  it("sends on what was written in this dialect, and keeps fields that only it knows", () => {
    const request: ChatRequest = {
      dialect: "bedrock-converse",
      model: "m",
      stream: false,
      messages: [user(text("Hi"))],
      maxOutputTokens: 5,
      extras: { guardrailConfig: { guardrailIdentifier: "g" }, inferenceConfig: { odd: 1 } },
    };
    const target = { provider: "bedrock", model: claude, quirks: {} };
    expect(JSON.parse(String(bedrockConverse.encodeRequest(request, target).body))).toEqual({
      messages: [{ role: "user", content: [{ text: "Hi" }] }],
      guardrailConfig: { guardrailIdentifier: "g" },
      inferenceConfig: { odd: 1, maxTokens: 5 },
    });
    const bytes = Buffer.from('{"messages" : []}');
    rememberSource(request, { dialect: "bedrock-converse", bytes, body: { messages: [] } });
    expect(bedrockConverse.encodeRequest(request, target).body).toBe(bytes);
  });

  it("drops and names what only another dialect knows", () => {
    expect(encode({ extras: { store: true } }).dropped).toEqual(["store"]);
  });
});
