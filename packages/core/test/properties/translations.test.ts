import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../src/chat/request.ts";
import { bedrockConverse } from "../../src/dialects/bedrock-converse/bedrock-converse.ts";
import { cohere } from "../../src/dialects/cohere/cohere.ts";
import type { BackDialect, Json } from "../../src/dialects/dialect.ts";
import { ollama } from "../../src/dialects/ollama/ollama.ts";
import { faces } from "../recordings/requests/faces.ts";
import { arbitraryConversation } from "./arbitrary-request.ts";
import { comparable, conversationOf } from "./conversation.ts";
import { requestReaders } from "./read-requests.ts";
import { runs } from "./runs.ts";

/** A dialect that providers speak, one of their models, and what a request says to it. */
interface Back {
  readonly dialect: BackDialect;
  readonly model: string;
  readonly read: (body: Json, request: ChatRequest) => unknown;
}

const ofFront = (id: string, model: string): Back => {
  const face = faces[id];
  if (face === undefined) throw new Error(`Nobody speaks ${id}.`);
  const { dialect } = face;
  return {
    dialect,
    model,
    read: (body, { stream }) => conversationOf(dialect.decodeRequest(body, { model, stream })),
  };
};

const ofBack = (dialect: BackDialect, id: string, model: string): Back => ({
  dialect,
  model,
  read: (body) => comparable(requestReaders[id]?.(body) ?? []),
});

const fronts: Readonly<Record<string, Back>> = {
  "openai-chat": ofFront("openai-chat", "gpt-4.1"),
  "openai-responses": ofFront("openai-responses", "gpt-4.1"),
  "anthropic-messages": ofFront("anthropic-messages", "claude-opus-4-7"),
  gemini: ofFront("gemini", "gemini-3-pro-preview"),
};

const backs: Readonly<Record<string, Back>> = {
  ...fronts,
  "cohere-v2": ofBack(cohere, "cohere-v2", "command-a-03-2025"),
  "ollama-chat": ofBack(ollama, "ollama-chat", "qwen3"),
  "bedrock-converse": ofBack(bedrockConverse, "bedrock-converse", "us.anthropic.claude-haiku-4-5-20251001-v1:0"),
};

const write = ({ dialect, model }: Back, request: ChatRequest): Json => {
  const { body } = dialect.encodeRequest(request, { provider: "acme", model, quirks: {} });
  return JSON.parse(Buffer.from(body).toString()) as Json;
};

describe.each(Object.keys(fronts))("what clients say in %s", (id) => {
  test.each(Object.keys(backs))("is what a provider is told in %s: texts, calls and results, in order", (backId) => {
    const face = faces[id];
    const [front, back] = [fronts[id], backs[backId]];
    if (face === undefined || front === undefined || back === undefined) throw new Error("Nobody speaks so.");
    fc.assert(
      fc.property(arbitraryConversation, (conversation) => {
        const sent = write(front, { ...conversation, dialect: id });
        const asked = face.dialect.decodeRequest(sent, { model: front.model, stream: conversation.stream });
        expect(back.read(write(back, asked), asked)).toEqual(conversationOf(conversation));
      }),
      runs(10),
    );
  });
});
