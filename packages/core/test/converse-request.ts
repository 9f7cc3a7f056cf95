import type { Message, Part, ToolCallPart } from "../src/chat/message.ts";
import type { ChatRequest, FunctionTool } from "../src/chat/request.ts";
import { bedrockConverse } from "../src/dialects/bedrock-converse/bedrock-converse.ts";
import type { BackTarget, Json } from "../src/dialects/dialect.ts";
import { GatewayError } from "../src/errors.ts";

// Models of the families that Bedrock's Converse dialect tells apart.
export const claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
export const nova = "amazon.nova-pro-v1:0";
export const nova2 = "us.amazon.nova-2-lite-v1:0";
export const llama = "meta.llama3-70b-instruct-v1:0";
export const gptOss = "openai.gpt-oss-120b-1:0";

export const text = (value: string): Part => ({ type: "text", text: value });
export const user = (...parts: readonly Part[]): Message => ({ role: "user", parts });
export const assistant = (...parts: readonly Part[]): Message => ({ role: "assistant", parts });
export const call = (id: string, args = "{}", name = "look"): ToolCallPart => ({
  type: "tool-call",
  kind: "function",
  id,
  name,
  arguments: args,
});
export const result = (toolCallId: string, ...content: readonly Part[]): Message => ({
  role: "tool",
  parts: [{ type: "tool-result", toolCallId, content }],
});
export const look: FunctionTool = { type: "function", name: "look" };
export const lookSpec = { toolSpec: { name: "look", inputSchema: { json: { type: "object", properties: {} } } } };

/** A request as it is sent, and what it lost on the way. */
interface Encoded {
  readonly body: Json;
  readonly dropped: readonly string[];
}

export const encode = (request: Partial<ChatRequest>, model = claude, target: Partial<BackTarget> = {}): Encoded => {
  const { body, dropped } = bedrockConverse.encodeRequest(
    { dialect: "openai-chat", model: "m", stream: false, messages: [user(text("Hi"))], ...request },
    { provider: "bedrock", model, quirks: {}, ...target },
  );
  return { body: JSON.parse(String(body)) as Json, dropped };
};

export const messages = (list: readonly Message[], model?: string): unknown =>
  encode({ messages: list }, model).body["messages"];

export const refusal = (request: Partial<ChatRequest>, model?: string): GatewayError => {
  try {
    encode(request, model);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("It was not refused.");
};
