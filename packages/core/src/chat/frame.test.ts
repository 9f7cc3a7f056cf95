import { describe, expect, it } from "vitest";
import { Chunk } from "./chunk.ts";
import type { ChatEvent, EventBatch } from "./event.ts";
import { FrameRun, intactFrame } from "./frame.ts";

const texts = ["a", "b", "c", "d"];

/** A batch of one run, each of whose frames is its text in brackets and a blank line. */
const batchOf = (): ChatEvent[] => {
  const chunk = new Chunk(Buffer.from(`:${texts.map((text) => `[${text}]\n\n`).join("")}`));
  const run = new FrameRun("d", chunk, 1);
  texts.forEach((text, index) => run.add({ type: "text-delta", choice: 0, text, frame: run }, 1 + 5 * (index + 1)));
  return [...run.events];
};

/** What goes out of a batch: the bytes that pass as they came, and `-` for each event that is written anew. */
const written = (batch: EventBatch): string => {
  let out = "";
  for (let index = 0; index < batch.length;) {
    const frame = intactFrame(batch, index, "d", "stream");
    out += frame === undefined ? "-" : String(frame.bytes.raw).replaceAll("\n\n", "");
    index += frame?.events.length ?? 1;
  }
  return out;
};

const copy = (event: ChatEvent | undefined): ChatEvent => ({ ...(event as ChatEvent) });

describe("a run of frames", () => {
  it("passes whole where nobody changed anything", () => {
    expect(written(batchOf())).toBe("[a][b][c][d]");
    expect(intactFrame(batchOf(), 0, "d", "stream")?.samples).toHaveLength(1);
  });

  it.each<readonly [string, (batch: ChatEvent[]) => ChatEvent[], string]>([
    ["an event was left out", (batch) => batch.toSpliced(1, 1), "[a][c][d]"],
    ["the first was left out", (batch) => batch.slice(1), "[b][c][d]"],
    [
      "one was put between",
      (batch) => batch.toSpliced(2, 0, { type: "text-delta", choice: 0, text: "x" }),
      "[a][b]-[c][d]",
    ],
    ["one was replaced by a copy", (batch) => batch.with(2, copy(batch[2])), "[a][b]-[d]"],
    ["all were copied", (batch) => batch.map(copy), "----"],
    [
      "two changed places",
      (batch) => [...batch.slice(0, 1), ...batch.slice(1, 3).toReversed(), ...batch.slice(3)],
      "[a][c][b][d]",
    ],
  ])("passes what is left of it where %s", (_, change, expected) => {
    expect(written(change(batchOf()))).toBe(expected);
  });

  it("does not pass what a stage changed in the batch itself", () => {
    const batch = batchOf();
    batch[1] = copy(batch[1]);
    expect(written(batch)).toBe("[a]-[c][d]");
  });

  it("passes nothing in another dialect or form", () => {
    expect(intactFrame(batchOf(), 0, "other", "stream")).toBeUndefined();
    expect(intactFrame(batchOf(), 0, "d", "body")).toBeUndefined();
  });
});
