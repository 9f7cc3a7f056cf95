import { UpstreamError } from "@llm-gateway/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Front } from "./recordings/expected.ts";
import { answersIn } from "./recordings/read-gemini.ts";
import { present } from "./recordings/recording.ts";
import { createClient, type Seen } from "./streams/client.ts";
import { dice, handwritten, inChunks, nearestFront, recorded, type Stream } from "./streams/stream.ts";

const ask = createClient();
const reset = new UpstreamError("upstream_reset", "The connection was reset.");

// Errors by the ten thousand: their stacks would take longer than all the rest.
const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

/** Where the end mark's last character stands, line breaks not counted; beyond the end where the dialect has none. */
const endMarkAt = ({ provider, bytes }: Stream): number => {
  if (provider === "gemini") return Infinity;
  const mark = /^.*?(data: ?\[DONE\]|data: ?\{[^\r\n]*"type": ?"message_stop"[^\r\n]*)/s.exec(bytes.toString("latin1"));
  return mark?.[0].length ?? Infinity;
};

/** The finish reason of every choice has come, in frames of which no more than line breaks are missing. */
const hasFinished = (bytes: Buffer): boolean => {
  try {
    const candidates = answersIn(bytes.toString()).flatMap((answer) => answer.candidates ?? []);
    const finished = candidates.filter(({ finishReason }) => finishReason).map(({ index = 0 }) => index);
    return candidates.length > 0 && candidates.every(({ index = 0 }) => finished.includes(index));
  } catch {
    return false;
  }
};

/**
 * Whether a cut stream may pass as a complete one: where its end mark has come, and nothing but line breaks after it
 * may be missing; or, in a dialect without an end mark, where all finish reasons have come and the answer ended cleanly.
 */
const mayPass = (stream: Stream, cut: number, breaks: boolean): boolean =>
  cut >= endMarkAt(stream) || (stream.provider === "gemini" && !breaks && hasFinished(stream.bytes.subarray(0, cut)));

const endMarks: Readonly<Record<Front, string>> = { chat: "data: [DONE]", messages: '"message_stop"' };

/** What is wrong with how an answer ended, if anything is. */
const faultOf = (front: Front, { status, text, isBroken }: Seen, mayBeComplete: boolean): string | undefined => {
  if (status >= 400) return text.includes('"error"') ? undefined : "a failure that is not told";
  const isMarked = text.includes(endMarks[front]);
  const lastFrame = text.trimEnd().split("\n\n").at(-1) ?? "";
  const isTold = front === "chat" ? lastFrame.includes('"error":{"message"') : lastFrame.startsWith("event: error\n");
  if (isMarked || !isBroken) {
    if (isTold || isBroken || !isMarked) return "an end that is neither a success nor a failure";
    return mayBeComplete ? undefined : "a cut answer that looks complete";
  }
  return isTold ? undefined : "a broken connection without a word";
};

/** Cuts a stream at all these places, both ways, and tells where that went wrong. */
const faultsAt = async (stream: Stream, front: Front, cuts: readonly number[]): Promise<readonly string[]> => {
  const random = dice(stream.bytes.length);
  const faults: string[] = [];
  for (const cut of cuts) {
    const bytes = stream.bytes.subarray(0, cut);
    for (const breaks of [false, true]) {
      const seen = await ask(front, stream.provider, inChunks(bytes, 3, random), ...(breaks ? [reset] : []));
      const fault = faultOf(front, seen, mayPass(stream, cut, breaks));
      if (fault !== undefined) faults.push(`${breaks ? "broken" : "ended"} at ${cut}: ${fault}`);
    }
  }
  return faults;
};

const everyCut = ({ bytes }: Stream): readonly number[] => Array.from({ length: bytes.length }, (_, cut) => cut);

/** The borders of all frames, and some places between them. */
const someCuts = ({ bytes }: Stream, count = 60): readonly number[] => {
  const random = dice(bytes.length);
  const borders = [...bytes.toString("latin1").matchAll(/\r?\n\r?\n/g)].map((end) => end.index + end[0].length);
  const others = Array.from({ length: count }, () => Math.floor(random() * bytes.length));
  return [...borders.filter((border) => border < bytes.length), ...others];
};

const maxEveryCut = 4_000;
const other: Readonly<Record<Front, Front>> = { chat: "messages", messages: "chat" };

describe("a handwritten stream that is cut never ends as a success", () => {
  test.each(handwritten)("at any byte: $name", async (stream) => {
    expect(await faultsAt(stream, nearestFront(stream), everyCut(stream))).toEqual([]);
  });

  test.each(handwritten)("for clients of another dialect: $name", async (stream) => {
    expect(await faultsAt(stream, other[nearestFront(stream)], everyCut(stream))).toEqual([]);
  });

  test.each(handwritten)("but does when it is whole: $name", async (stream) => {
    for (const front of ["chat", "messages"] as const) {
      const { status, text, isBroken } = await ask(front, stream.provider, [stream.bytes]);
      expect([status, text.includes(endMarks[front]), isBroken]).toEqual([200, true, false]);
    }
  });
});

describe.skipIf(!present)(
  "a recorded stream that is cut never ends as a success (skipped where the recordings are absent)",
  () => {
    test("they are there", () => {
      expect(recorded.length).toBeGreaterThan(40);
    });

    test.each(recorded.filter(({ bytes }) => bytes.length < maxEveryCut))("at any byte: $name", async (stream) => {
      expect(await faultsAt(stream, nearestFront(stream), everyCut(stream))).toEqual([]);
    });

    test.each(recorded.filter(({ bytes }) => bytes.length >= maxEveryCut))(
      "between its frames and within: $name",
      async (stream) => {
        expect(await faultsAt(stream, nearestFront(stream), someCuts(stream))).toEqual([]);
      },
    );

    test.each(recorded)("for clients of another dialect: $name", async (stream) => {
      expect(await faultsAt(stream, other[nearestFront(stream)], someCuts(stream, 20))).toEqual([]);
    });
  },
);
