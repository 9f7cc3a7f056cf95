import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CollectedReply } from "../../src/chat/collect.ts";
import type { Part } from "../../src/chat/message.ts";
import type { ChatRequest } from "../../src/chat/request.ts";
import { anthropicMessages } from "../../src/dialects/anthropic-messages/anthropic-messages.ts";
import { bedrockConverse } from "../../src/dialects/bedrock-converse/bedrock-converse.ts";
import { cohere } from "../../src/dialects/cohere/cohere.ts";
import type { BackDialect, DecodeOptions, EncodeOptions, FrontDialect, Json } from "../../src/dialects/dialect.ts";
import { gemini } from "../../src/dialects/gemini/gemini.ts";
import { ollama } from "../../src/dialects/ollama/ollama.ts";
import { openaiChat } from "../../src/dialects/openai-chat/openai-chat.ts";
import { openaiResponses } from "../../src/dialects/openai-responses/openai-responses.ts";
import { asText } from "../../src/testing/as-text.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../recordings/decode.ts";
import { answer, isApart, type Answer, type Piece } from "./arbitrary-answer.ts";
import { cuts, eventsOf, inBatches } from "./arbitrary-events.ts";
import { runs } from "./runs.ts";
import { writeAnswer } from "./write-answer.ts";

const request: ChatRequest = {
  dialect: "openai-chat",
  model: "m",
  stream: true,
  messages: [],
  includeUsage: true,
  reasoning: { exclude: false },
};
const options: DecodeOptions = { ...decodeOptions(), request };
const encodeOptions: EncodeOptions = { requestId: "r1", created: 1_790_000_000, request };

interface Case {
  readonly dialect: FrontDialect & BackDialect;
  /** The answer as the dialect has places for it. */
  readonly carried: (answer: Answer, form: "whole" | "streamed") => Answer;
}

/** A whole answer in chat has one text, and it comes before the calls. */
const withOneText = (value: Answer): Answer => {
  const text = value.pieces.map((piece) => (piece.type === "text" ? piece.text : "")).join("");
  const place = value.pieces.findIndex(({ type }) => type !== "reasoning");
  const others = value.pieces.filter(({ type }) => type !== "text");
  const pieces: readonly Piece[] = text === "" ? others : others.toSpliced(place, 0, { type: "text", text });
  return { ...value, pieces: pieces.filter(isApart) };
};

/** Proofs of another family are another's to read: an answer has the dialect's own, or none. */
const withProofsOf = (format: string | undefined, { pieces, ...value }: Answer): Answer => ({
  ...value,
  pieces: pieces.map((piece) => {
    if (piece.type !== "reasoning" || piece.signature === undefined) return piece;
    const { type, text, signature } = piece;
    return format === undefined ? { type, text } : { type, text, signature: { ...signature, format } };
  }),
});

// Two counts are always stated.
const inResponses = ({ usage, ...value }: Answer): Answer =>
  withProofsOf(undefined, { ...value, usage: { cacheReadTokens: 0, reasoningTokens: 0, ...usage } });

// What was written to a cache is not stated.
const inGemini = ({ usage: { cacheWriteTokens: _written, ...usage }, ...value }: Answer): Answer =>
  withProofsOf("google-gemini-v1", { ...value, usage });

const cases: readonly (readonly [string, Case])[] = [
  ["openai-chat", { dialect: openaiChat, carried: (value, form) => (form === "whole" ? withOneText(value) : value) }],
  ["openai-responses", { dialect: openaiResponses, carried: inResponses }],
  ["anthropic-messages", { dialect: anthropicMessages, carried: (value) => value }],
  ["gemini", { dialect: gemini, carried: inGemini }],
];

const gist = (part: Part): unknown => {
  switch (part.type) {
    case "text":
      return [part.type, part.text];
    case "reasoning":
      return [part.type, part.text, part.signature];
    case "tool-call":
      return [part.type, part.id, part.name, part.arguments];
    default:
      return part.type;
  }
};

/** Proofs are no part of what these providers are made to say. */
const gistOfPiece = (piece: Piece): unknown =>
  piece.type === "call"
    ? ["tool-call", piece.id, piece.name, piece.arguments]
    : gist({ type: piece.type, text: piece.text });

/** What is to come back: parts in their order, why it ended, and usage. */
const meaning = ({ choices: [choice], usage }: CollectedReply): unknown => ({
  parts: choice?.parts.map(gist),
  finishReason: choice?.finishReason,
  usage,
});

describe.each(cases)("answers in %s", (_, one) => {
  test("come back as they were written, whole", () => {
    fc.assert(
      fc.property(answer, cuts, (value, where) => {
        const reply = fold(eventsOf(one.carried(value, "whole"), where));
        const written = JSON.parse(one.dialect.encodeReply(reply, encodeOptions)) as Json;
        expect(meaning(fold(one.dialect.decodeReply(written, options)))).toEqual(meaning(reply));
      }),
      runs(60),
    );
  });

  test("come back as they were written, streamed in any batches", () => {
    fc.assert(
      fc.property(answer, cuts, cuts, (value, where, ends) => {
        const events = eventsOf(one.carried(value, "streamed"), where);
        const encoder = asText(one.dialect.createEncoder(encodeOptions));
        const written = inBatches(events, ends).map((batch) => encoder.encode(batch));
        const bytes = Buffer.from(written.join("") + encoder.end());
        const read = decodeStream(one.dialect, "text/event-stream", bytes, options);
        expect(meaning(fold(read))).toEqual(meaning(fold(events)));
      }),
      runs(60),
    );
  });
});

/** Those that no client speaks. */
const backs: readonly (readonly [string, BackDialect])[] = [
  ["cohere-v2", cohere],
  ["ollama-chat", ollama],
  ["bedrock-converse", bedrockConverse],
];

describe.each(backs)("answers in %s", (id, dialect) => {
  test("come in the order in which the model made them", () => {
    fc.assert(
      fc.property(answer, cuts, (value, where) => {
        const events = decodeAnswer(dialect, writeAnswer(id, value, true, where), decodeOptions());
        const parts = fold(events).choices[0]?.parts ?? [];
        expect(parts.map(gist)).toEqual(value.pieces.map(gistOfPiece));
      }),
      runs(60),
    );
  });
});
