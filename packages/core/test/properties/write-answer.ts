import { createCollector } from "../../src/chat/collect.ts";
import type { EncodeOptions } from "../../src/dialects/dialect.ts";
import { asText } from "../../src/testing/as-text.ts";
import type { Recording } from "../recordings/fixtures.ts";
import { faces } from "../recordings/requests/faces.ts";
import type { Answer, Piece } from "./arbitrary-answer.ts";
import { eventsOf } from "./arbitrary-events.ts";
import { streamCohere, writeCohere } from "./write-cohere.ts";
import { streamConverse, writeConverse } from "./write-converse.ts";
import { streamOllama, writeOllama } from "./write-ollama.ts";

/** How the providers of a dialect answer. */
interface Writer {
  readonly whole: (answer: Answer) => string;
  readonly stream: (answer: Answer, where: readonly number[]) => string | Buffer;
  readonly streamType: string;
}

const encodeOptions: EncodeOptions = {
  requestId: "r1",
  created: 1_790_000_000,
  request: {
    dialect: "any",
    model: "some-model",
    stream: true,
    messages: [],
    includeUsage: true,
    reasoning: { exclude: false },
  },
};

/** Dialects that clients speak as well are written as clients get them. */
const ofFront = (id: string): Writer => {
  const face = faces[id];
  if (face === undefined) throw new Error(`Nobody speaks ${id}.`);
  const { dialect } = face;
  return {
    whole: (answer) => {
      const collector = createCollector();
      for (const event of eventsOf(answer, [])) collector.push(event);
      return dialect.encodeReply(collector.result(), encodeOptions);
    },
    stream: (answer, where) => {
      const encoder = asText(dialect.createEncoder(encodeOptions));
      return encoder.encode(eventsOf(answer, where)) + encoder.end();
    },
    streamType: "text/event-stream",
  };
};

const writers: Readonly<Record<string, Writer>> = {
  "openai-chat": ofFront("openai-chat"),
  "openai-responses": ofFront("openai-responses"),
  "anthropic-messages": ofFront("anthropic-messages"),
  gemini: ofFront("gemini"),
  "cohere-v2": { whole: writeCohere, stream: streamCohere, streamType: "text/event-stream" },
  "ollama-chat": { whole: writeOllama, stream: streamOllama, streamType: "application/x-ndjson" },
  "bedrock-converse": {
    whole: writeConverse,
    stream: streamConverse,
    streamType: "application/vnd.amazon.eventstream",
  },
};

/** The dialects that providers speak. */
export const backDialects: readonly string[] = Object.keys(writers);

const withoutProof = (piece: Piece): Piece =>
  piece.type === "reasoning" ? { type: piece.type, text: piece.text } : piece;

/** An answer as a provider of a dialect would have given it, in the form of a recording. */
export const writeAnswer = (
  dialect: string,
  answer: Answer,
  isStream: boolean,
  where: readonly number[],
): Recording => {
  const writer = writers[dialect];
  if (writer === undefined) throw new Error(`Nobody answers in ${dialect}.`);
  // Proofs are no answer.
  const plain = { ...answer, pieces: answer.pieces.map(withoutProof) };
  return {
    dir: "generated",
    provider: "any",
    dialect,
    model: "some-model",
    status: 200,
    isStream,
    headers: { "content-type": isStream ? writer.streamType : "application/json" },
    body: Buffer.from(isStream ? writer.stream(plain, where) : writer.whole(plain)),
  };
};
