import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { chatFront } from "../recordings/fronts/chat.ts";
import { geminiFront } from "../recordings/fronts/gemini.ts";
import { messagesFront } from "../recordings/fronts/messages.ts";
import { responsesFront } from "../recordings/fronts/responses.ts";
import { openHouse } from "../recordings/house.ts";
import { replayAnswer } from "../recordings/replay.ts";
import { answer, isApart, type Answer } from "./arbitrary-answer.ts";
import { cuts } from "./arbitrary-events.ts";
import { runs } from "./runs.ts";
import { backDialects, writeAnswer } from "./write-answer.ts";

const nothing: Answer = {
  id: "any_1",
  model: "any",
  pieces: [],
  finishReason: "stop",
  usage: { inputTokens: 0, outputTokens: 0 },
};

/** Where a dialect has one text for all thoughts, nobody can tell where one of them ended. */
const oneThought = answer.map(({ pieces, ...rest }): Answer => {
  const first = pieces.findIndex(({ type }) => type === "reasoning");
  const kept = pieces.filter(({ type }, index) => type !== "reasoning" || index === first);
  return { ...rest, pieces: kept.filter(isApart) };
});

const house = openHouse(backDialects.map((dialect) => writeAnswer(dialect, nothing, false, [])));
afterAll(() => house.close());

describe.each([chatFront, messagesFront, responsesFront, geminiFront])("clients of $name", (front) => {
  const ask = front.connect(house.door);

  test("are told what a provider of any dialect says: text, thoughts, calls, why it ended, and usage", async () => {
    await fc.assert(
      fc.asyncProperty(
        oneThought,
        fc.constantFrom(...backDialects),
        fc.boolean(),
        fc.boolean(),
        cuts,
        async (given, dialect, isStream, asksForStream, where) => {
          const recording = writeAnswer(dialect, given, isStream, where);
          const { told, expected } = await replayAnswer(front, ask, house, recording, asksForStream);
          expect(told).toEqual(expected);
        },
      ),
      runs(60),
    );
  });
});
