import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exceptionAt, exceptions, withMended } from "./exceptions.ts";
import { expectedAt, frontOf, type Front } from "./expected.ts";
import { openHouse, type House } from "./house.ts";
import { present, recordings, type RecordedProvider, type Recording } from "./recording.ts";
import { refusalOf, waitOf } from "./refusals.ts";
import type { Said } from "./said.ts";

type Body = Readonly<Record<string, unknown>>;

/** Asks a front for a recording: with the recorded request where it is in the front's dialect, else with a small one. */
const requestFor = (front: Front, recording: Recording, model: string): Body => {
  const { isStream, request, provider, body } = recording;
  const stream = isStream ? { stream: true } : {};
  if (request !== undefined && frontOf[provider] === front) return { ...request, ...stream, model };
  const hasUsage = frontOf[provider] !== front || body.includes('"usage":{');
  const usage = isStream && hasUsage ? { stream_options: { include_usage: true } } : {};
  const messages = [{ role: "user", content: "Hello" }];
  return front === "chat" ? { model, messages, ...stream, ...usage } : { model, messages, max_tokens: 9, ...stream };
};

/** What the provider left unsaid is the gateway's to fill in, as long as it does. */
const filled = (expected: Said, actual: Said, model: string): Said => ({
  id: expected.id ?? given(actual.id),
  model: expected.model ?? model,
  choices: expected.choices.map((choice, index) => ({
    ...choice,
    calls: choice.calls.map((call, place) => ({
      ...call,
      id: call.id ?? given(actual.choices[index]?.calls[place]?.id),
    })),
  })),
  usage: expected.usage,
});

const given = (id: string | undefined): string => {
  expect(id).toMatch(/^\S+$/);
  return id ?? "";
};

/** How a front joins the texts of several blocks. */
const joined = (said: Said, separator: string): unknown => ({
  ...said,
  choices: said.choices.map((choice) => ({
    ...choice,
    reasoning: choice.reasoning.join(separator),
  })),
});

/** What an SDK throws. */
const thrown = async (answer: Promise<unknown>): Promise<unknown> => {
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof OpenAI.APIError) && !(error instanceof Anthropic.APIError)) throw error;
    const { status, type, headers } = error;
    return {
      status,
      // Only one of the dialects has codes.
      ...(error instanceof OpenAI.APIError ? { code: error.code } : { type }),
      mayRetry: headers?.get("x-should-retry"),
      waitMs: headers?.get("retry-after-ms"),
    };
  }
  throw new Error("Nothing was thrown.");
};

/** With their names, which a title shows whole only where they come first. */
const named = (list: readonly Recording[]): readonly (readonly [string, Recording])[] =>
  list.map((recording) => [recording.dir, recording]);

const fronts: readonly Front[] = ["chat", "messages"];

/** Up to the end mark and its blank line, which may be missing, and behind which others may have put what they like. */
const complete = /^\uFEFF?(.*?(?:data: ?\[DONE\]|"type":"message_stop"[^\r\n]*)(\r\n\r\n|\n\n|\r\r|))/s;

/** What is to reach a client of the same dialect: other bodies than streams as they are. */
const untouched = ({ isStream, body }: Recording): string => {
  const [, text = "", blankLine] = (isStream && complete.exec(body.toString())) || ["", body.toString(), "-"];
  return blankLine === "" ? `${text}\n\n` : text;
};

/** What the gateway changes of a request in the provider's own dialect: names that it has replaced, and its own wish. */
const forwarded = (request: Body, front: Front): Body => {
  const { max_tokens: limit, ...rest } = request;
  if (front === "messages") return request;
  return {
    ...rest,
    ...(limit === undefined ? {} : { max_completion_tokens: limit }),
    ...(request["stream"] === true ? { stream_options: { include_usage: true } } : {}),
  };
};

/** Tests that each recorded answer of a provider reaches the clients of all fronts, and says what it said. */
export const testRecordings = (provider: RecordedProvider): void => {
  describe.skipIf(!present)(`recorded answers of ${provider} (skipped where the recordings are absent)`, () => {
    const all = withMended(recordings[provider]);
    const isAnswer = ({ status }: Recording): boolean => status === 200;
    let house: House;
    beforeAll(async () => {
      house = await openHouse(all);
    });
    afterAll(() => house.close());

    test("are there", () => {
      expect(all.length).toBeGreaterThan(40);
    });

    describe.each(fronts)("on the %s front", (front) => {
      const regular = all.filter((recording) => exceptionAt(front, recording) === undefined);
      const ask = (recording: Recording): Promise<Said> =>
        house.ask(front, requestFor(front, recording, house.modelOf(recording)));

      test.each(named(regular.filter(isAnswer)))("says all that was said: %s", async (_, recording) => {
        const said = await ask(recording);
        const separator = recording.isStream || front === "messages" ? "" : "\n\n";
        const expected = filled(expectedAt(front, recording), said, house.modelOf(recording));
        expect(joined(said, separator)).toEqual(joined(expected, separator));
      });

      test.each(named(regular.filter((recording) => !isAnswer(recording))))("tells why: %s", async (_, recording) => {
        const { status, code, type, mayRetry } = refusalOf(recording);
        const word = front === "chat" ? { code } : { type };
        const expected = { status, ...word, mayRetry: String(mayRetry), waitMs: waitOf(recording) };
        expect(await thrown(ask(recording))).toEqual(expected);
      });

      test.each(named(all.filter((recording) => exceptionAt(front, recording) !== undefined)))(
        "fails for a reason: %s",
        async (_, recording) => {
          const { status, code, type } = exceptions[recording.dir]?.failure ?? {};
          const word = front === "chat" ? { code } : { type };
          expect(await thrown(ask(recording))).toMatchObject({ status, ...word });
        },
      );
    });

    const own = frontOf[provider];
    if (own === undefined) return;
    describe("on its own front", () => {
      const answers = named(
        all.filter((recording) => isAnswer(recording) && exceptionAt(own, recording) === undefined),
      );

      test.each(answers)("comes byte for byte up to its end mark: %s", async (_, recording) => {
        const response = await house.fetch(own, requestFor(own, recording, house.modelOf(recording)));
        expect(await response.text()).toBe(untouched(recording));
      });

      test.each(answers)("is asked for as it was recorded: %s", async (_, recording) => {
        const request = requestFor(own, recording, house.modelOf(recording));
        await (await house.fetch(own, request)).text();
        expect(house.received(recording)).toEqual(
          forwarded({ ...request, model: house.modelOf(recording).split("/")[1] }, own),
        );
      });
    });
  });
};
