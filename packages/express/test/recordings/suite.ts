import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answers, isRefusal, named } from "../../../core/test/recordings/answers.ts";
import { exceptionAt } from "../../../core/test/recordings/exceptions.ts";
import { present, type Json, type Recording } from "../../../core/test/recordings/fixtures.ts";
import { chatFront } from "../../../core/test/recordings/fronts/chat.ts";
import type { Front } from "../../../core/test/recordings/fronts/front.ts";
import { messagesFront } from "../../../core/test/recordings/fronts/messages.ts";
import { replayAnswer, replayRefusal } from "../../../core/test/recordings/replay.ts";
import { openExpressHouse, type ExpressHouse } from "./house.ts";

const fronts: readonly (readonly [Front, path: string])[] = [
  [chatFront, "/v1/chat/completions"],
  [messagesFront, "/v1/messages"],
];

/** A request for an answer that was recorded without its own. */
const small = ({ isStream }: Recording, { dialect }: Front): Json => ({
  messages: [{ role: "user", content: "Hello" }],
  max_tokens: 9,
  ...(isStream && dialect === chatFront.dialect ? { stream_options: { include_usage: true } } : {}),
});

/** Up to the end mark and its blank line, which may be missing, and behind which others may have put what they like. */
const complete = /^\uFEFF?(.*?(?:data: ?\[DONE\]|"type":"message_stop"[^\r\n]*)(\r\n\r\n|\n\n|\r\r|))/s;

/** What is to reach a client of the same dialect: other bodies than streams as they are. */
const untouched = ({ isStream, body }: Recording): string => {
  const [, text = "", blankLine] = (isStream && complete.exec(body.toString())) || ["", body.toString(), "-"];
  return blankLine === "" ? `${text}\n\n` : text;
};

/** What the gateway changes of a request in the provider's own dialect: names that it has replaced, and its own wish. */
const forwarded = (request: Json, { dialect }: Front): Json => {
  const { max_tokens: limit, ...rest } = request;
  if (dialect === messagesFront.dialect) return request;
  return {
    ...rest,
    ...(limit === undefined ? {} : { max_completion_tokens: limit }),
    ...(request["stream"] === true ? { stream_options: { include_usage: true } } : {}),
  };
};

/** Tests that each recorded answer of a provider reaches the clients of an Express app, in the form it was asked for. */
export const testRecordings = (dialect: string, providers: readonly string[]): void => {
  describe.skipIf(!present)(`recorded answers in ${dialect} (skipped where the recordings are absent)`, () => {
    const all = answers.filter((one) => one.dialect === dialect && providers.includes(one.provider));
    let house: ExpressHouse;
    beforeAll(async () => {
      house = await openExpressHouse(all);
    });
    afterAll(() => house.close());

    test("are there", () => {
      expect(all.length).toBeGreaterThan(40);
    });

    describe.each(fronts)("on the $name front", (front, path) => {
      test.each(named(all.filter((recording) => !isRefusal(recording))))("%s", async (_, recording) => {
        const ask = front.connect(house.door);
        const { told, expected } = await replayAnswer(front, ask, house, recording, recording.isStream);
        expect(told).toEqual(expected);
      });

      test.each(named(all.filter(isRefusal)))("is told why: %s", async (_, recording) => {
        const { told, expected } = await replayRefusal(front, front.connect(house.door), house, recording);
        expect(told).toEqual(expected);
      });

      if (front.dialect !== dialect) return;
      const regular = all.filter((one) => !isRefusal(one) && exceptionAt(front.name, one.isStream, one) === undefined);
      test.each(named(regular))("comes byte for byte up to its end mark, and is asked for so: %s", async (_, one) => {
        const model = house.play(one);
        const request = { ...(one.request?.body ?? small(one, front)), ...(one.isStream ? { stream: true } : {}) };
        const response = await house.door.fetch(house.door.origin + path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...request, model }),
        });
        expect(await response.text()).toBe(untouched(one));
        expect(house.received()).toEqual(forwarded({ ...request, model: one.model }, front));
      });
    });
  });
};
