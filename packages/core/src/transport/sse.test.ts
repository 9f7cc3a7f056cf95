import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finish, framesOf, push } from "../../test/frames.ts";
import { effortOf } from "../../test/effort.ts";
import { named } from "../../test/recordings/answers.ts";
import { allRecordings, present } from "../../test/recordings/fixtures.ts";
import { GatewayError } from "../errors.ts";
import { createSseParser, type SseFrame } from "./sse.ts";

/** What a frame says and what came, without where it stands: that depends on the chunks, and has tests of its own. */
type Told = Partial<Pick<SseFrame, "event" | "data">> & Pick<SseFrame, "raw">;

const told = ({ event, data, raw }: SseFrame): Told => ({
  ...(event === undefined ? {} : { event }),
  ...(data === undefined ? {} : { data }),
  raw,
});

const parse = (chunks: readonly (string | Uint8Array)[], maxFrameBytes?: number): Told[] => {
  const parser = createSseParser(maxFrameBytes === undefined ? {} : { maxFrameBytes });
  return framesOf(parser, ...chunks).map(told);
};

const bytewise = (stream: string | Uint8Array): Uint8Array[] =>
  Array.from(Buffer.from(stream), (byte) => Uint8Array.of(byte));

const joinRaw = (frames: readonly Told[]): string => frames.map(({ raw }) => raw).join("");

const catchError = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("the place of a frame", () => {
  const places = (...chunks: readonly string[]): string[] => {
    const parser = createSseParser();
    return chunks
      .flatMap((chunk) => push(parser, chunk))
      .map(({ place }) => Buffer.from(place.chunk.subarray(place.start, place.end)).toString());
  };

  it("holds exactly its bytes", () => {
    expect(places("data: a\n\n: b\n\n", "data: c\n\n")).toEqual(["data: a\n\n", ": b\n\n", "data: c\n\n"]);
    expect(places("data: a", "\n\ndata: b\n\n")).toEqual(["data: a\n\n", "data: b\n\n"]);
    expect(places("\uFEFFdata: é\n\ndata: b\n\n", "data: c\n\n")).toEqual([
      "data: é\n\n",
      "data: b\n\n",
      "data: c\n\n",
    ]);
  });

  it("is next to its neighbour's where both came with one read", () => {
    const [first, second] = push(createSseParser(), "data: é\n\ndata: b\n\n");
    expect(first?.place.chunk).toBe(second?.place.chunk);
    expect(first?.place.end).toBe(second?.place.start);
  });

  it("holds bytes that are no UTF-8 as they came", () => {
    const bytes = Buffer.concat([Buffer.from("data: "), Buffer.of(0xff), Buffer.from("\n\n")]);
    const [frame] = push(createSseParser(), bytes);
    expect(frame?.data).toBe("\uFFFD");
    expect(frame?.place.chunk.subarray(frame.place.start, frame.place.end)).toEqual(bytes);
  });
});

describe("createSseParser", () => {
  it("gives a frame for each block, with exactly what came", () => {
    expect(parse(["data: a\n\nevent: b\ndata: c\n\n"])).toEqual([
      { data: "a", raw: "data: a\n\n" },
      { event: "b", data: "c", raw: "event: b\ndata: c\n\n" },
    ]);
  });

  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("reads lines that end in %s, whole and byte by byte", (_, end) => {
    const stream = `data: a${end}${end}event: b${end}data: c${end}data: d${end}${end}`;
    const frames = [
      { data: "a", raw: `data: a${end}${end}` },
      { event: "b", data: "c\nd", raw: `event: b${end}data: c${end}data: d${end}${end}` },
    ];
    expect(parse([stream])).toEqual(frames);
    expect(parse(bytewise(stream))).toEqual(frames);
  });

  it.each([
    ["LF", "data: a\n\n"],
    ["CRLF", "data: a\r\n\r\n"],
    ["CR", "data: a\r\r"],
  ])("gives a frame of a %s stream as soon as its last byte is in", (_, frame) => {
    const parser = createSseParser();
    for (const byte of bytewise(frame.slice(0, -1))) expect(push(parser, byte)).toEqual([]);
    expect(push(parser, frame.slice(-1)).map(told)).toEqual([{ data: "a", raw: frame }]);
    expect(finish(parser)).toEqual([]);
  });

  it("waits with a blank line's CR for the LF that may belong to it", () => {
    const parser = createSseParser();
    expect(push(parser, "data: a\n\r")).toEqual([]);
    expect(push(parser, "data: b\n\r").map(told)).toEqual([{ data: "a", raw: "data: a\n\r" }]);
    expect(push(parser, "\n").map(told)).toEqual([{ data: "b", raw: "data: b\n\r\n" }]);
  });

  it("does not take a bare CR inside a block for its end", () => {
    const frames = [{ data: "a\nb", raw: "data: a\rdata: b\r\n\r\n" }];
    expect(parse(["data: a\rdata: b\r\n\r\n"])).toEqual(frames);
    expect(parse(["data: a\r", "data: b\r\n\r\n"])).toEqual(frames);
  });

  it("drops one byte order mark at the start, also one that is split", () => {
    expect(parse(["\uFEFFdata: a\n\n"])).toEqual([{ data: "a", raw: "data: a\n\n" }]);
    expect(parse(bytewise("\uFEFFdata: a\n\n"))).toEqual([{ data: "a", raw: "data: a\n\n" }]);
    expect(parse(["\uFEFF\uFEFFdata: a\n\n"])).toEqual([{ raw: "\uFEFFdata: a\n\n" }]);
  });

  it("gives blocks without data as frames without data", () => {
    expect(parse([": keep-alive\n\n\nevent: ping\n\nid: 1\nretry: 5\n\n"])).toEqual([
      { raw: ": keep-alive\n\n" },
      { raw: "\n" },
      { event: "ping", raw: "event: ping\n\n" },
      { raw: "id: 1\nretry: 5\n\n" },
    ]);
  });

  it("passes over comments and unknown fields inside a block", () => {
    expect(parse([": hello\ndatabase: x\ndata: a\nDATA: b\nid: 7\n\n"])[0]).toMatchObject({ data: "a" });
  });

  it("removes one space after the colon and no more", () => {
    const data = (line: string): string | undefined => parse([`${line}\n\n`])[0]?.data;
    expect(data("data:a")).toBe("a");
    expect(data("data: a")).toBe("a");
    expect(data("data:  a ")).toBe(" a ");
    expect(data("data:\ta")).toBe("\ta");
    expect(data("data : a")).toBeUndefined();
  });

  it("tells empty data from no data", () => {
    expect(parse(["data\n\n"])).toEqual([{ data: "", raw: "data\n\n" }]);
    expect(parse(["data: \n\n"])).toEqual([{ data: "", raw: "data: \n\n" }]);
    expect(parse(["data:\ndata\n\n"])[0]?.data).toBe("\n");
  });

  it("takes the last name of an event, and an empty one for none", () => {
    expect(parse(["event: a\nevent: b\ndata: c\n\n"])[0]?.event).toBe("b");
    expect(parse(["event: a\nevent:\ndata: c\n\n"])).toEqual([{ data: "c", raw: "event: a\nevent:\ndata: c\n\n" }]);
  });

  it("decodes characters that are split over chunks", () => {
    expect(parse(bytewise("data: h\u00e9llo \u{1F44B}\n\n"))[0]?.data).toBe("h\u00e9llo \u{1F44B}");
  });

  it("replaces bytes that are no UTF-8, a cut character at the end included", () => {
    expect(parse([Uint8Array.of(...Buffer.from("data: "), 0xff, 0xe2, 0x82)])).toEqual([
      { data: "\uFFFD\uFFFD", raw: "data: \uFFFD\uFFFD" },
    ]);
  });

  it("gives what is left at the finish, whatever it is", () => {
    expect(parse(["data: [DONE]"])).toEqual([{ data: "[DONE]", raw: "data: [DONE]" }]);
    expect(parse(["data: [DONE]\r"])).toEqual([{ data: "[DONE]", raw: "data: [DONE]\r" }]);
    expect(parse(["data: a\n\n \n"])).toEqual([{ data: "a", raw: "data: a\n\n" }, { raw: " \n" }]);
    expect(parse(["data: a\n\n\r"])).toEqual([{ data: "a", raw: "data: a\n\n" }, { raw: "\r" }]);
    expect(parse([])).toEqual([]);
  });

  it("refuses a frame that is too large, measured in bytes, however it comes", () => {
    const fits = "data: \u20ac\n\n";
    const large = "data: \u20acx\n\n";
    const max = Buffer.byteLength(fits);
    for (const split of [(text: string) => [text], bytewise]) {
      expect(parse(split(fits), max)).toHaveLength(1);
      expect(catchError(() => parse(split(large), max))).toMatchObject({ code: "upstream_response_too_large" });
    }
    // A frame without an end is refused while it comes.
    const parser = createSseParser({ maxFrameBytes: max });
    expect(push(parser, "data: end")).toEqual([]);
    expect(GatewayError.is(catchError(() => push(parser, "less")))).toBe(true);
  });

  it("gives the frames before a too large one first", () => {
    const parser = createSseParser({ maxFrameBytes: 20 });
    const frames: SseFrame[] = [];
    const stream = Buffer.from(`data: a\n\ndata: ${"b".repeat(20)}\n\ndata: c\n\n`);
    const pushAll = (): void => parser.push(stream, { take: (frame) => void frames.push(frame) });
    expect(catchError(pushAll)).toMatchObject({ code: "upstream_response_too_large" });
    expect(frames.map(told)).toEqual([{ data: "a", raw: "data: a\n\n" }]);
  });

  it("takes time in proportion to a frame's length, however small the pieces", async () => {
    const frame = Buffer.from(`data: ${"x".repeat(1024 * 1024 - 8)}\n\n`);
    const parser = createSseParser();
    let frames = 0;
    const effort = await effortOf(() => {
      for (let at = 0; at < frame.length; at += 16) frames += push(parser, frame.subarray(at, at + 16)).length;
    });
    expect(frames).toBe(1);
    // Tens of milliseconds; searching or copying the pending text for each piece would take more than ten seconds.
    expect(effort).toBeLessThan(1500);
  });

  it("takes time in proportion to the number of lines", async () => {
    const stream = Buffer.from(`${"data\n".repeat(200_000)}\r\n`);
    const effort = await effortOf(() => expect(parse([stream])[0]?.data).toHaveLength(199_999));
    expect(effort).toBeLessThan(1500);
  });

  it("gives the same frames for every split of every stream, and the events of the specification", () => {
    const fields = ["data: ", "data:", "data", "event: e", "event", "id: 1", ": c", " ", "x", "{}", ":"];
    const breaks = ["\n", "\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\r\r"];
    const oddities = ["\u00e9", "\u20ac", "\u{1F44B}", "\uFEFF", "\u0000"];
    const pieces = [fields, breaks, oddities].flat().map((text) => Buffer.from(text));
    const broken = [[0xff], [0xe2], [0xe2, 0x82], [0xf0, 0x9f], [0x80], [0xc0, 0x80]].map((bytes) =>
      Buffer.from(bytes),
    );
    const streams = fc.array(fc.constantFrom(...pieces, ...pieces, ...broken), { maxLength: 24 });
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    const isRight = (parts: readonly Buffer[], chunkSizes: readonly number[]): void => {
      const stream = Buffer.concat(parts);
      const whole = parse([stream]);
      expectSame(parse(split(stream, chunkSizes)), whole);
      const text = new TextDecoder().decode(stream);
      expectSame(joinRaw(whole), text);
      const events = whole.flatMap(({ event, data }) => (data === undefined ? [] : [{ event, data }]));
      expectSame(events, specifiedEvents(text));
    };
    const check = fc.property(streams, sizes, isRight);
    expect(() => fc.assert(check, { numRuns: 10_000, seed: 20_260_101 })).not.toThrow();
  });
});

const split = (stream: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const size = sizes[chunks.length % sizes.length] ?? 1;
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

// Vitest's own comparison costs more than the parser; in ten thousand cases that counts.
const expectSame = (actual: unknown, expected: unknown): void => {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`got ${left}, expected ${right}`);
};

/** The specification's algorithm over the whole text, except that what is pending at the end is dispatched too. */
const specifiedEvents = (text: string): { event: string | undefined; data: string }[] => {
  const events: { event: string | undefined; data: string }[] = [];
  let event = "";
  let data = "";
  for (const line of [...text.split(/\r\n|\r|\n/), ""]) {
    const [, name, value = ""] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (line === "") {
      if (data !== "") events.push({ event: event === "" ? undefined : event, data: data.slice(0, -1) });
      event = "";
      data = "";
    } else if (name === "data") data += `${value}\n`;
    else if (name === "event") event = value;
  }
  return events;
};

describe.skipIf(!present)("createSseParser on recorded streams (skipped where they are absent)", () => {
  const cases = allRecordings.filter(({ dir }) => dir.startsWith("constructed/sse/"));

  /** What an OpenAI chat client would show. */
  const textOf = (frames: readonly Told[]): string => {
    const data = frames.flatMap((frame) => (frame.data === undefined ? [] : [frame.data]));
    expect(data).toContain("[DONE]");
    return data
      .slice(0, data.indexOf("[DONE]"))
      .map((json) => JSON.parse(json).choices[0].delta.content ?? "")
      .join("");
  };

  it("finds several of them", () => expect(cases.length).toBeGreaterThan(3));

  it.each(named(cases))("%s reads the same, whole and at every chunk boundary", (_name, { body: stream }) => {
    const whole = parse([stream]);
    expect(textOf(whole)).toBe("h\u00e9llo \u{1F44B}");
    expect(joinRaw(whole)).toBe(new TextDecoder().decode(stream));
    expect(parse(bytewise(stream))).toEqual(whole);
    for (let at = 1; at < stream.length; at++) expectSame(parse([stream.subarray(0, at), stream.subarray(at)]), whole);
  });
});
