import { afterAll, describe, expect, test } from "vitest";
import { answers, isRefusal, named } from "./answers.ts";
import { present } from "./fixtures.ts";
import type { Front } from "./fronts/front.ts";
import { openHouse } from "./house.ts";
import { replayAnswer, replayRefusal } from "./replay.ts";

/** Tests that every recorded answer reaches the clients of a front, whoever gave it, and says what it said. */
export const testRecordings = (front: Front): void => {
  describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
    const house = openHouse(answers);
    afterAll(() => house.close());
    const ask = front.connect(house.door);

    test.each(named(answers.filter((recording) => !isRefusal(recording))))("%s", async (_, recording) => {
      for (const isStream of [false, true]) {
        const { told, expected } = await replayAnswer(front, ask, house, recording, isStream);
        expect({ isStream, told }).toEqual({ isStream, told: expected });
      }
    });

    test.each(named(answers.filter(isRefusal)))("is told why: %s", async (_, recording) => {
      const { told, expected } = await replayRefusal(front, ask, house, recording);
      expect(told).toEqual(expected);
    });
  });
};
