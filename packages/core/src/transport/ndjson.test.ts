import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf, push } from "../../test/frames.ts";
import type { StreamFrame } from "./frame.ts";
import { createNdjsonParser } from "./ndjson.ts";

const parse = (chunks: readonly Uint8Array[], maxFrameBytes?: number) => {
  const parser = createNdjsonParser(maxFrameBytes === undefined ? {} : { maxFrameBytes });
  return framesOf(parser, ...chunks);
};

describe("createNdjsonParser", () => {
  it("gives each line as a frame, with what was sent", () => {
    expect(parse([Buffer.from('{"a":1}\n\r\n{"b":"é"}\r\n{"c":3}')])).toEqual([
      { data: '{"a":1}', raw: '{"a":1}\n' },
      { raw: "\r\n" },
      { data: '{"b":"é"}', raw: '{"b":"é"}\r\n' },
      { data: '{"c":3}', raw: '{"c":3}' },
    ]);
  });

  it("gives the same frames however the bytes are cut", () => {
    const lines = fc.array(
      fc.json().map((json) => json.replaceAll("\n", " ")),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(lines, fc.array(fc.nat(200), { maxLength: 20 }), (values, cuts) => {
        const bytes = Buffer.from(values.map((value) => `${value}\n`).join(""));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const frames = parse(chunks);
        expect(frames).toEqual(parse([bytes]));
        expect(frames.map(({ raw }) => raw).join("")).toBe(bytes.toString());
      }),
      { numRuns: 1_000 },
    );
  });

  it("refuses a line that is too long, after the lines before it", () => {
    const parser = createNdjsonParser({ maxFrameBytes: 8 });
    const frames: StreamFrame[] = [];
    const take = (frame: StreamFrame): void => void frames.push(frame);
    expect(() => parser.push(Buffer.from("1\n123456789\n2\n"), { take })).toThrow("more than 8 bytes");
    expect(frames).toEqual([{ data: "1", raw: "1\n" }]);
    expect(() => push(createNdjsonParser({ maxFrameBytes: 8 }), "x".repeat(9))).toThrow("more than 8 bytes");
  });
});
