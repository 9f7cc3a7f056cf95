import { describe, expect, test } from "vitest";
import { createSseParser, type SseFrame } from "../../core/src/transport/sse.ts";
import { frontOf, type Front } from "./recordings/expected.ts";
import { present } from "./recordings/recording.ts";
import { createClient, type Ask } from "./streams/client.ts";
import { complete, dice, handwritten, inChunks, named, nearestFront, type Stream } from "./streams/stream.ts";

const fronts: readonly Front[] = ["chat", "messages"];
const small = complete.filter(({ bytes }) => bytes.length < 20_000);
// Larger ones are split here and there: each split reads the whole stream.
const maxEverywhere = 1_500;

/**
 * What the client of a front is sent, less what is another with each request: ids that the gateway makes, and on the
 * way into messages the usage at the start, which is told as early as the reads allow.
 */
const sent = async (ask: Ask, front: Front, { provider }: Stream, chunks: readonly Uint8Array[]): Promise<string> => {
  const { text } = await ask(front, provider, chunks);
  const told = text.replaceAll(/req_[0-9a-f]{24}/g, "req");
  const isTranslated = front === "messages" && frontOf[provider] !== front;
  return isTranslated ? told.replace(/^(event: message_start\n.*"usage":)\{.*\}(\}\}\n\n)/, "$1{}$2") : told;
};

const inTwo = (bytes: Buffer, at: number): readonly Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)];

const byteByByte = (bytes: Buffer): readonly Buffer[] => [...bytes].map((byte) => Buffer.of(byte));

/** The first of these chunkings with which the client is sent something else than with one chunk. */
const firstOdd = async (
  front: Front,
  stream: Stream,
  chunkings: Iterable<readonly Buffer[]>,
): Promise<string | undefined> => {
  const { handle } = createClient();
  const whole = await sent(handle, front, stream, [stream.bytes]);
  if (!/\[DONE\]|"message_stop"/.test(whole)) return `in one chunk it fails: ${whole}`;
  for (const chunks of chunkings) {
    const text = await sent(handle, front, stream, chunks);
    if (text !== whole) return `in ${chunks.length} chunks of ${chunks.map(({ length }) => length).join()}: ${text}`;
  }
  return undefined;
};

function* splitsOf({ bytes }: Stream): Iterable<readonly Buffer[]> {
  for (let at = 1; at < bytes.length; at++) yield inTwo(bytes, at);
}

function* someChunkings({ bytes }: Stream): Iterable<readonly Buffer[]> {
  const random = dice(bytes.length);
  yield byteByByte(bytes);
  for (let round = 0; round < 20; round++) yield inTwo(bytes, Math.floor(random() * bytes.length));
  for (let round = 0; round < 20; round++) yield inChunks(bytes, 3 + Math.floor(random() * 40), random);
}

describe.each(fronts)("a client of %s is sent the same", (front) => {
  test.each(named(handwritten))("wherever a handwritten stream is split in two: %s", async (_, stream) => {
    expect(await firstOdd(front, stream, splitsOf(stream))).toBeUndefined();
  });

  test.each(named(handwritten))("however a handwritten stream is chunked: %s", async (_, stream) => {
    expect(await firstOdd(front, stream, someChunkings(stream))).toBeUndefined();
  });
});

const framesOf = (chunks: readonly Buffer[]): readonly SseFrame[] => {
  const parser = createSseParser();
  return [...chunks.flatMap(parser.push), ...parser.end()];
};

const areSame = (some: readonly SseFrame[], others: readonly SseFrame[]): boolean =>
  some.length === others.length &&
  some.every(({ raw, data, event }, index) => {
    const other = others[index];
    return other?.raw === raw && other.data === data && other.event === event;
  });

describe.skipIf(!present)("recorded streams below 20 kB (skipped where the recordings are absent)", () => {
  test("are there", () => {
    expect(small.length).toBeGreaterThan(40);
  });

  // Frames are all that a decoder sees of a stream.
  test.each(named(small))("have the same frames wherever they are split in two: %s", (_, stream) => {
    const whole = framesOf([stream.bytes]);
    const odd = [...splitsOf(stream)].find((chunks) => !areSame(whole, framesOf(chunks)));
    expect(odd?.map(String)).toBeUndefined();
  });

  describe.each(fronts)("however they are chunked, a client of %s is sent the same", (front) => {
    test.each(named(small))("%s", async (_, stream) => {
      const splits = stream.bytes.length < maxEverywhere && front === nearestFront(stream) ? splitsOf(stream) : [];
      expect(await firstOdd(front, stream, [...splits, ...someChunkings(stream)])).toBeUndefined();
    });
  });
});
