import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChatRequest } from "../../src/chat/request.ts";
import type { Json } from "../../src/dialects/dialect.ts";
import { faces, type Face } from "../recordings/requests/faces.ts";
import { arbitraryRequest, type Setting } from "./arbitrary-request.ts";
import { conversationOf, toolsOf } from "./conversation.ts";
import { runs } from "./runs.ts";

interface Case {
  /** One that takes what the dialect can say. */
  readonly model: string;
  /** What the dialect has no place for. */
  readonly without: readonly Setting[];
}

const chatOnly: readonly Setting[] = ["frequencyPenalty", "presencePenalty", "seed", "choiceCount", "logitBias"];
const openaiOnly: readonly Setting[] = [...chatOnly, "verbosity", "cacheKey", "metadata", "serviceTier"];

const cases: readonly (readonly [dialect: string, Case])[] = [
  ["openai-chat", { model: "gpt-4.1", without: ["topK"] }],
  ["openai-responses", { model: "gpt-4.1", without: [...chatOnly, "topK", "stop"] }],
  [
    "anthropic-messages",
    { model: "claude-3-5-sonnet-20241022", without: [...openaiOnly, "reasoning", "outputFormat"] },
  ],
  ["anthropic-messages", { model: "claude-opus-4-7", without: [...openaiOnly, "temperature", "topP", "topK"] }],
  [
    "gemini",
    {
      model: "gemini-3-pro-preview",
      without: [
        "logitBias",
        "verbosity",
        "cacheKey",
        "metadata",
        "user",
        "serviceTier",
        "frequencyPenalty",
        "presencePenalty",
        "parallelToolCalls",
      ],
    },
  ],
];

const faceOf = (dialect: string): Face => {
  const face = faces[dialect];
  if (face === undefined) throw new Error(`Nobody speaks ${dialect}.`);
  return face;
};

describe.each(cases)("requests in %s, %o", (dialect, { model, without }) => {
  const face = faceOf(dialect);
  const target = { provider: "acme", model, quirks: face.quirksFor({}) };

  /** The request as its provider would read it. */
  const sent = (request: ChatRequest): ChatRequest => {
    const { body, dropped } = face.dialect.encodeRequest({ ...request, dialect, model }, target);
    expect(dropped).toEqual([]);
    return face.dialect.decodeRequest(JSON.parse(String(body)) as Json, { model, stream: request.stream });
  };

  test("say what they said, and are the same once they have been read", () => {
    fc.assert(
      fc.property(arbitraryRequest(new Set(without)), (request) => {
        const read = sent(request);
        expect(conversationOf(read)).toEqual(conversationOf(request));
        expect(toolsOf(read)).toEqual(toolsOf(request));
        expect(read).toMatchObject(settingsOf(request));
        expect(sent(read)).toEqual(read);
      }),
      runs(60),
    );
  });
});

const settingsOf = ({
  messages: _messages,
  tools: _tools,
  dialect: _dialect,
  model: _model,
  ...settings
}: ChatRequest) => settings;
