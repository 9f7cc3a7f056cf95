import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Failure } from "../recordings/fronts/front.ts";
import type { Said } from "../recordings/said.ts";
import { backs, type Back, type BackName } from "./backs.ts";
import { featureNames, modes, outcomeOfFeature, outcomeOfTrouble, troubles, type Mode } from "./expected.ts";
import { features } from "./features.ts";
import { expectRefusal } from "./expect-refusal.ts";
import { fronts } from "./fronts.ts";
import type { Front } from "./fronts/front.ts";
import type { Question } from "./question.ts";
import { openWorld, type Answer, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.simulator.reset());
afterAll(() => world.close());

const ask = (front: Front, question: Question, model: string, mode: Mode): Promise<Answer> =>
  world.ask(front.post(question, model, mode === "stream"));

const reading = (front: Front, answer: Answer): Said => {
  expect(answer).toMatchObject({ status: 200, broke: false });
  return answer.isStream ? front.readStream(answer.frames) : front.read(answer.body);
};

const expectBreak = (front: Front, answer: Answer, failure: Failure): void => {
  expect(answer).toMatchObject({ status: 200, isStream: true, broke: true });
  expect(() => front.readStream(answer.frames)).toThrow("at its end");
  const told = front.tellFailure(failure, true);
  expect(front.readLateError(answer.frames)).toEqual(expect.objectContaining(told));
};

describe.each(fronts.map((front) => [front.name, front] as const))("%s", (_front, front) => {
  describe.each(backs.map((back) => [back.name, back] as const))(
    "%s",
    (_back, back: Back & { readonly name: BackName }) => {
      describe.each(modes)("%s", (mode) => {
        test.each(featureNames)("%s", async (name) => {
          const { question, modelOf, prepare, check } = features[name];
          const model = modelOf?.(back) ?? back.model;
          prepare?.(world);
          const outcome = outcomeOfFeature(front, name, back);
          const answer = await ask(front, question, model, mode);
          expect(answer.isStream).toBe(mode === "stream" && outcome.type === "works");
          if (outcome.type === "refused") return expectRefusal(front, answer, outcome.failure);
          const again = async (next: Question): Promise<Said> => reading(front, await ask(front, next, model, mode));
          return check(reading(front, answer), { world, back, front, ask: again });
        });

        test.each(troubles.map((trouble) => [trouble.name, trouble] as const))("%s", async (_name, trouble) => {
          world.simulator.script({ fault: trouble.fault });
          const asked = ask(front, { text: "Tell me about tides" }, back.model, mode);
          if (trouble.fault === "stall") await outwait(world);
          const answer = await asked;
          const outcome = outcomeOfTrouble(trouble, back.name, mode);
          expect(answer.isStream).toBe(mode === "stream" && outcome.type !== "refused");
          if (outcome.type === "refused") return expectRefusal(front, answer, outcome.failure, trouble.retryAfterMs);
          if (outcome.type === "breaks") return expectBreak(front, answer, outcome.failure);
          expect(reading(front, answer).choices[0]?.finish).toBe(
            outcome.type === "filtered" ? "content_filter" : "stop",
          );
        });
      });
    },
  );
});

/** Lets a minute pass once the provider was asked. */
const outwait = async ({ simulator, clock }: World): Promise<void> => {
  while (simulator.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(600_000);
};
