import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf } from "../../test/frames.ts";
import { awsEvent, awsException, awsMessage, framed } from "../../test/aws-message.ts";
import { createAwsEventStreamParser } from "./aws-event-stream.ts";
import type { StreamFrame } from "./frame.ts";
import { framingOf } from "./framing.ts";

const parse = (chunks: readonly Uint8Array[], maxFrameBytes?: number): StreamFrame[] => {
  const parser = createAwsEventStreamParser(maxFrameBytes === undefined ? {} : { maxFrameBytes });
  return framesOf(parser, ...chunks);
};

const bytewise = (bytes: Uint8Array): Uint8Array[] => [...bytes].map((byte) => Uint8Array.of(byte));

describe("createAwsEventStreamParser", () => {
  it("is what answers of its content type are read with", () => {
    expect(framingOf("application/vnd.amazon.eventstream")?.createParser).toBe(createAwsEventStreamParser);
  });

  it("gives events, exceptions and errors, the last two as failures", () => {
    const event = awsEvent("messageStart", { role: "é" });
    const exception = awsException("throttlingException", { message: "slow" });
    const error = awsMessage({ ":message-type": "error", ":error-code": "Bad", ":error-message": "it broke" }, "");
    const frames = [
      { event: "messageStart", data: '{"role":"é"}', raw: event },
      { event: "throttlingException", failure: true, data: '{"message":"slow"}', raw: exception },
      { event: "Bad", failure: true, data: '{"message":"it broke"}', raw: error },
    ];
    expect(parse([Buffer.concat([event, exception, error])])).toEqual(frames);
    expect(parse(bytewise(Buffer.concat([event, exception, error])))).toEqual(frames);
  });

  it("passes over headers of every other type", () => {
    const fixed = [0, 0, 1, 2, 4, 8].map((size, type) => Buffer.concat([Buffer.of(1, 97, type), Buffer.alloc(size)]));
    const others = [
      Buffer.from([1, 98, 6, 0, 2, 1, 2]),
      Buffer.concat([Buffer.of(1, 99, 8), Buffer.alloc(8)]),
      Buffer.concat([Buffer.of(1, 100, 9), Buffer.alloc(16)]),
    ];
    const type = Buffer.from("\r:message-type\u0007\0\u0005event");
    expect(parse([framed(Buffer.concat([...fixed, ...others, type]), "{}")])).toMatchObject([{ data: "{}" }]);
  });

  it("gives the same frames however the bytes are cut", () => {
    const messages = fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.json()), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(2_000), { maxLength: 20 }), (values, cuts) => {
        const bytes = Buffer.concat(values.map(([type, payload]) => awsEvent(type, payload)));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const frames = parse(places.slice(1).map((end, index) => bytes.subarray(places[index], end)));
        expect(frames).toEqual(parse([bytes]));
        expect(Buffer.concat(frames.map(({ raw }) => Buffer.from(raw)))).toEqual(bytes);
        expect(frames.map(({ event, data }) => [event, data])).toEqual(
          values.map(([type, payload]) => [type, JSON.stringify(payload)]),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("refuses a message in which any bit is wrong", () => {
    const good = awsEvent("a", { text: "b" });
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = Buffer.from(good);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => parse([bytes]), `bit ${bit}`).toThrow(/checksum/);
    }
  });

  it("refuses a stream that ends anywhere within a message", () => {
    const bytes = awsEvent("a", { text: "b" });
    for (let end = 1; end < bytes.length; end++) {
      expect(() => parse([bytes.subarray(0, end)]), `cut at ${end}`).toThrow(
        expect.objectContaining({ code: "upstream_stream_truncated" }),
      );
    }
    expect(parse([])).toEqual([]);
  });

  it("refuses headers that are cut short or of no known type, and messages of no known type", () => {
    for (const headers of [[200], [1, 97], [1, 97, 7, 0], [1, 97, 7, 0, 9, 98], [1, 97, 4, 0]]) {
      expect(() => parse([framed(Buffer.from(headers), "")])).toThrow("cut short");
    }
    expect(() => parse([framed(Buffer.of(1, 97, 10), "")])).toThrow("header of an unknown type");
    expect(() => parse([framed(Buffer.alloc(0), "{}")])).toThrow("message of an unknown type");
    expect(() => parse([awsMessage({ ":message-type": "other" }, "{}")])).toThrow("message of an unknown type");
  });

  it.each([
    ["shorter than a message can be", 15, 0],
    ["of headers that reach beyond it", 16, 1],
    ["of headers without end", 40, 0xffff_ffff],
  ])("refuses a length %s, though its checksum is right", (_, length, headersLength) => {
    const prelude = Buffer.alloc(12);
    prelude.writeUInt32BE(length, 0);
    prelude.writeUInt32BE(headersLength, 4);
    prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
    expect(() => parse([prelude])).toThrow("impossible length");
  });

  it("refuses a message that is too large as soon as it says so, after those before it", () => {
    const small = awsEvent("a", 1);
    const large = awsEvent("a", "x".repeat(200));
    const parser = createAwsEventStreamParser({ maxFrameBytes: 150 });
    const frames: StreamFrame[] = [];
    const take = (frame: StreamFrame): void => void frames.push(frame);
    expect(() => parser.push(Buffer.concat([small, large.subarray(0, 12)]), { take })).toThrow("more than 150 bytes");
    expect(frames).toHaveLength(1);
  });
});
