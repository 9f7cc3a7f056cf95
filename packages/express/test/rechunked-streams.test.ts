import { describe, expect, test } from "vitest";
import { framesOf } from "../../core/test/frames.ts";
import { cutsIn, spread } from "../../core/test/cuts.ts";
import { dice } from "../../core/test/dice.ts";
import { createSseParser, type SseFrame } from "../../core/src/transport/sse.ts";
import { present } from "../../core/test/recordings/fixtures.ts";
import { askForEach, type Ask } from "./streams/client.ts";
import {
  complete,
  frontOf,
  handwritten,
  inChunks,
  named,
  nearestFront,
  type Front,
  type Stream,
} from "./streams/stream.ts";

const fronts: readonly Front[] = ["chat", "messages"];

/**
 * What the client of a front is sent, less what is another with each request: ids that the gateway makes, and on the
 * way into messages the usage at the start, which is told as early as the reads allow.
 */
const sent = async (ask: Ask, front: Front, { provider }: Stream, chunks: readonly Uint8Array[]): Promise<string> => {
  const { text } = await ask(front, provider, chunks);
  const told = text.replaceAll(/(req|call)_[0-9a-f]{24}/g, "$1");
  const isTranslated = front === "messages" && frontOf[provider] !== front;
  return isTranslated ? told.replace(/^(event: message_start\n.*"usage":)\{.*\}(\}\}\n\n)/, "$1{}$2") : told;
};

const inTwo = (bytes: Buffer, at: number): readonly Buffer[] => [bytes.subarray(0, at), bytes.subarray(at)];

// Larger ones take longer than they tell.
const maxByteByByte = 4_000;

const byteByByte = (bytes: Buffer): readonly Buffer[] => [...bytes].map((byte) => Buffer.of(byte));

/** The first of these chunkings with which the client is sent something else than with one chunk. */
const firstOdd = async (
  front: Front,
  stream: Stream,
  chunkings: readonly (readonly Buffer[])[],
): Promise<string | undefined> => {
  const [whole = "", ...texts] = await askForEach([[stream.bytes], ...chunkings], ({ handle }, chunks) =>
    sent(handle, front, stream, chunks),
  );
  if (!/\[DONE\]|"message_stop"/.test(whole)) return `in one chunk it fails: ${whole}`;
  const odd = texts.findIndex((text) => text !== whole);
  const lengths = chunkings[odd]?.map(({ length }) => length) ?? [];
  return odd === -1 ? undefined : `in ${lengths.length} chunks of ${lengths.join()}: ${texts[odd]}`;
};

const splitsAt = ({ bytes }: Stream, places: readonly number[]): readonly (readonly Buffer[])[] =>
  places.map((at) => inTwo(bytes, at));

const someChunkings = ({ bytes }: Stream, count: number): readonly (readonly Buffer[])[] => {
  const random = dice(bytes.length);
  const several = Array.from({ length: count }, () => inChunks(bytes, 3 + Math.floor(random() * 40), random));
  return bytes.length < maxByteByByte ? [byteByByte(bytes), ...several] : several;
};

describe.each(fronts)("a client of %s is sent the same", (front) => {
  test.each(named(handwritten))("wherever a handwritten stream is split in two: %s", async (_, stream) => {
    const places = front === nearestFront(stream) ? [...stream.bytes.keys()] : cutsIn(stream.bytes);
    expect(await firstOdd(front, stream, splitsAt(stream, places))).toBeUndefined();
  });

  test.each(named(handwritten))("however a handwritten stream is chunked: %s", async (_, stream) => {
    expect(await firstOdd(front, stream, someChunkings(stream, 20))).toBeUndefined();
  });
});

const areSame = (some: readonly SseFrame[], others: readonly SseFrame[]): boolean =>
  some.length === others.length &&
  some.every(({ raw, data, event }, index) => {
    const other = others[index];
    return other?.raw === raw && other.data === data && other.event === event;
  });

describe.skipIf(!present)("recorded streams (skipped where the recordings are absent)", () => {
  test("are there", () => {
    expect(complete.length).toBeGreaterThan(40);
  });

  // Frames are all that a decoder sees of a stream.
  test.each(named(complete))("have the same frames wherever they are split in two: %s", (_, stream) => {
    const whole = framesOf(createSseParser(), stream.bytes);
    const odd = splitsAt(stream, cutsIn(stream.bytes)).find(
      (chunks) => !areSame(whole, framesOf(createSseParser(), ...chunks)),
    );
    expect(odd?.map(String)).toBeUndefined();
  });

  describe.each(fronts)("however they are chunked, a client of %s is sent the same", (front) => {
    test.each(named(complete))("%s", async (_, stream) => {
      const splits = splitsAt(stream, spread(cutsIn(stream.bytes), 15));
      expect(await firstOdd(front, stream, [...splits, ...someChunkings(stream, 5)])).toBeUndefined();
    });
  });
});
