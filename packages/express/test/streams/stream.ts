import { chatChunk, chatStream, chatUsage, messagesStream } from "../../../core/src/testing/wire.ts";
import { answers } from "../../../core/test/recordings/answers.ts";
import { exceptionAt } from "../../../core/test/recordings/exceptions.ts";
import type { Recording } from "../../../core/test/recordings/fixtures.ts";

/** A dialect that clients speak to the gateway. */
export type Front = "chat" | "messages";

/** Who speaks each of the dialects that streams are cut in. */
const providers = { "openai-chat": "openai", "anthropic-messages": "anthropic", gemini: "gemini" } as const;

export type StreamProvider = (typeof providers)[keyof typeof providers];

/** The front that speaks a provider's dialect. */
export const frontOf: Readonly<Record<StreamProvider, Front | undefined>> = {
  openai: "chat",
  anthropic: "messages",
  gemini: undefined,
};

/** A provider's stream, to be cut and chunked. */
export interface Stream {
  readonly name: string;
  readonly provider: StreamProvider;
  readonly bytes: Buffer;
  /** It was recorded to its end. */
  readonly isComplete: boolean;
}

const toStream = (name: string, provider: StreamProvider, frames: readonly string[]): Stream => ({
  name,
  provider,
  bytes: Buffer.from(frames.join("")),
  isComplete: true,
});

const call = (piece: object): string => chatChunk({ tool_calls: [{ index: 0, ...piece }] });

const geminiChunk = (parts: readonly object[], more: object = {}): string =>
  `data: ${JSON.stringify({ candidates: [{ index: 0, content: { role: "model", parts }, ...more }], modelVersion: "gemini-test-2026" })}\r\n\r\n`;

/** Small streams with what there is to be cut: text of several bytes a character, a tool call, usage after the end. */
export const handwritten: readonly Stream[] = [
  toStream("chat text", "openai", chatStream("Grüß", " dich, 👋")),
  toStream("chat tool call", "openai", [
    chatChunk({ role: "assistant", content: null }),
    call({ id: "call_1", type: "function", function: { name: "add", arguments: "" } }),
    call({ function: { arguments: '{"x":17,' } }),
    call({ function: { arguments: '"y":25}' } }),
    chatChunk({}, "tool_calls"),
    chatUsage,
    "data: [DONE]\n\n",
  ]),
  // Cut within its first letter, one read has as many characters as bytes although it is not ASCII.
  toStream("chat letters of four bytes and of two", "openai", chatStream("👋", "dear", "Jürgen")),
  toStream("message", "anthropic", messagesStream("Grüß", " dich, 👋")),
  toStream("gemini text", "gemini", [
    geminiChunk([{ text: "Let me see.", thought: true }]),
    geminiChunk([{ text: "Grüß dich, 👋" }]),
    geminiChunk([{ text: "" }], { finishReason: "STOP" }),
  ]),
];

const fronts: readonly Front[] = ["chat", "messages"];

const own = new Set<string>(["sse", ...Object.values(providers)]);

const isStream = ({ provider, dialect, status, headers }: Recording): boolean =>
  own.has(provider) &&
  dialect in providers &&
  status === 200 &&
  headers["content-type"]?.startsWith("text/event-stream") === true;

/** Recorded streams; none where the recordings are absent. */
export const recorded: readonly Stream[] = answers.filter(isStream).map((recording) => ({
  name: recording.dir,
  // Those of other dialects were left out.
  provider: providers[recording.dialect as keyof typeof providers],
  bytes: recording.body,
  isComplete: fronts.every((front) => exceptionAt(front, true, recording)?.failure === undefined),
}));

/** Those that were recorded to their end. */
export const complete: readonly Stream[] = recorded.filter(({ isComplete }) => isComplete);

/** With their names, which a title shows whole only where they come first. */
export const named = (streams: readonly Stream[]): readonly (readonly [string, Stream])[] =>
  streams.map((stream) => [stream.name, stream]);

/** The front that speaks the provider's dialect, else the one that is nearer to it. */
export const nearestFront = ({ provider }: Stream): Front => frontOf[provider] ?? "chat";

/** Where the frames of a stream end, in bytes, but for the last. */
export const borders = ({ bytes }: Stream): readonly number[] =>
  [...bytes.toString("latin1").matchAll(/\r?\n\r?\n/g)]
    .map((end) => end.index + end[0].length)
    .filter((end) => end < bytes.length);

/** Bytes in at most so many chunks, cut at random. */
export const inChunks = (bytes: Buffer, count: number, random: () => number): readonly Buffer[] => {
  const cuts = Array.from({ length: count - 1 }, () => Math.floor(random() * (bytes.length + 1)));
  const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return edges
    .slice(1)
    .map((end, index) => bytes.subarray(edges[index], end))
    .filter(({ length }) => length > 0);
};
