import { UpstreamError } from "@llm-gateway/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutsIn, spread } from "../../core/test/cuts.ts";
import { dice } from "../../core/test/dice.ts";
import { present } from "../../core/test/recordings/fixtures.ts";
import { chunksOfGemini } from "../../core/test/recordings/read-gemini.ts";
import { askForEach, createClient, type Client, type Seen } from "./streams/client.ts";
import {
  borders,
  frontOf,
  handwritten,
  inChunks,
  named,
  nearestFront,
  recorded,
  type Front,
  type Stream,
} from "./streams/stream.ts";

const reset = new UpstreamError("upstream_reset", "The connection was reset.");

// Errors by the thousand: their stacks would take longer than all the rest.
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

/** Whether the finish reason of every choice has come, in frames of which no more than line breaks are missing. */
const hasFinished = (bytes: Buffer): boolean => {
  try {
    const candidates = chunksOfGemini(bytes.toString()).flatMap((answer) => answer.candidates ?? []);
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

const endMarks: Readonly<Record<Front, string>> = { chat: "[DONE]", messages: '"message_stop"' };

interface Cut {
  readonly at: number;
  /** Whether the connection is broken there, instead of the answer being ended. */
  readonly breaks: boolean;
}

/** What is wrong with how a cut answer ended, if anything is. */
const faultOf = (front: Front, stream: Stream, { at, breaks }: Cut, seen: Seen): string | undefined => {
  const { status, text, isBroken } = seen;
  if (status >= 400) return !isBroken && text.includes('"error"') ? undefined : "a failure that is not told";
  const isMarked = text.includes(endMarks[front]);
  const last =
    text
      .trimEnd()
      .split(/\r\n\r\n|\n\n|\r\r/)
      .at(-1)
      ?.trimStart() ?? "";
  const isTold = front === "chat" ? /^data: .*"error":\{"message"/.test(last) : last.startsWith("event: error\ndata: ");
  const isFailure = isBroken && isTold && !isMarked;
  if (!isFailure && (isBroken || isTold || !isMarked)) return "an end that is neither a success nor a failure";
  if (!isFailure && !mayPass(stream, at, breaks)) return "a cut answer that looks complete";
  // The last frame is the gateway's own word; all before it are the provider's.
  const passed = text.slice(0, text.lastIndexOf(last)).trimEnd();
  const isOwn = frontOf[stream.provider] === front;
  return isOwn && !stream.bytes.toString().includes(passed) ? "words that nobody has said" : undefined;
};

/** Cuts a stream at all these places and tells where that went wrong. */
const faultsAt = async (
  door: keyof Client,
  front: Front,
  stream: Stream,
  cuts: readonly Cut[],
): Promise<readonly string[]> => {
  const random = dice(stream.bytes.length);
  const faults = await askForEach(cuts, async (client, cut) => {
    const { at, breaks } = cut;
    const chunks = inChunks(stream.bytes.subarray(0, at), 3, random);
    const seen = await client[door](front, stream.provider, chunks, ...(breaks ? [reset] : []));
    const fault = faultOf(front, stream, cut, seen);
    return fault === undefined ? [] : [`${breaks ? "broken" : "ended"} at ${at}: ${fault}`];
  });
  return faults.flat();
};

const ended = (at: number): Cut => ({ at, breaks: false });
const broken = (at: number): Cut => ({ at, breaks: true });

const other: Readonly<Record<Front, Front>> = { chat: "messages", messages: "chat" };

describe("a handwritten stream that is cut never ends as a success", () => {
  const everywhere = ({ bytes }: Stream): readonly number[] => [...bytes.keys()];

  test.each(named(handwritten))("at any byte: %s", async (_, stream) => {
    const cuts = [...everywhere(stream).map(ended), ...cutsIn(stream.bytes).map(broken)];
    expect(await faultsAt("handle", nearestFront(stream), stream, cuts)).toEqual([]);
  });

  test.each(named(handwritten))("for clients of another dialect: %s", async (_, stream) => {
    const cuts = [...cutsIn(stream.bytes).map(ended), ...borders(stream).map(broken)];
    expect(await faultsAt("handle", other[nearestFront(stream)], stream, cuts)).toEqual([]);
  });

  test.each(named(handwritten))("nor as the platform's response: %s", async (_, stream) => {
    const places = borders(stream).flatMap((border) => [border - 5, border]);
    const cuts = [...places.map(ended), ...places.map(broken)];
    expect(await faultsAt("fetch", nearestFront(stream), stream, cuts)).toEqual([]);
  });

  test.each(named(handwritten))("but does when it is whole: %s", async (_, stream) => {
    const { fetch } = createClient();
    for (const front of ["chat", "messages"] as const) {
      const { status, text, isBroken } = await fetch(front, stream.provider, [stream.bytes]);
      expect([status, text.includes(endMarks[front]), isBroken]).toEqual([200, true, false]);
    }
  });
});

describe.skipIf(!present)("a recorded stream that is cut never ends as a success (skipped without recordings)", () => {
  test("they are there", () => {
    expect(recorded.length).toBeGreaterThan(40);
  });

  test.each(named(recorded))("%s", async (_, stream) => {
    // A connection that breaks brings whole frames only, so that the bytes between their borders tell nothing new.
    const cuts = [...cutsIn(stream.bytes).map(ended), ...spread(borders(stream), 20).map(broken)];
    expect(await faultsAt("handle", nearestFront(stream), stream, cuts)).toEqual([]);
  });

  test.each(named(recorded))("for clients of another dialect: %s", async (_, stream) => {
    const places = spread(cutsIn(stream.bytes), 24);
    const cuts = [...places.map(ended), ...spread(borders(stream), 6).map(broken)];
    expect(await faultsAt("handle", other[nearestFront(stream)], stream, cuts)).toEqual([]);
  });
});
