import { Validator } from "@cfworker/json-schema";
import { expect } from "vitest";
import type { Json } from "../recordings/fixtures.ts";
import type { Said, SaidChoice } from "../recordings/said.ts";
import type { Back } from "./backs.ts";
import { showsThoughts, type FeatureName } from "./expected.ts";
import type { Front } from "./fronts/front.ts";
import type { Question, Tool } from "./question.ts";
import { onlyRequest, type World } from "./world.ts";

/** What an answer is judged by. */
interface Scene {
  readonly world: World;
  readonly back: Back;
  readonly front: Front;
  /** Asks through the front once more, as the next turn of the same client. */
  readonly ask: (question: Question) => Promise<Said>;
}

/** One thing that clients want: how it is asked for, and what shows that it was given. */
interface Feature {
  readonly question: Question;
  /** Which of a back's models is asked. @default its usual one */
  readonly modelOf?: (back: Back) => string | undefined;
  /** What the simulator is told before. */
  readonly prepare?: (world: World) => void;
  readonly check: (said: Said, scene: Scene) => void | Promise<void>;
}

const weather: Tool = {
  name: "get_weather",
  description: "Tells the weather in a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string", description: "Name of the city" } },
    required: ["city"],
    additionalProperties: false,
  },
};

const schema: Json = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "integer" }, sky: { enum: ["clear", "cloudy"] } },
  required: ["city", "degrees", "sky"],
  additionalProperties: false,
};

// One red pixel.
const image = {
  type: "image/png",
  data: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
};

const callsFor = (...cities: readonly string[]): readonly object[] =>
  cities.map((city) => ({ name: weather.name, arguments: JSON.stringify({ city }) }));

const onlyChoice = ({ choices }: Said): SaidChoice => {
  const [choice, ...others] = choices;
  if (choice === undefined || others.length > 0) throw new Error(`There are ${choices.length} answers.`);
  return choice;
};

const counts = { inputTokens: 4321, outputTokens: 123, cacheReadTokens: 4000, reasoningTokens: 45 };

export const features: Readonly<Record<FeatureName, Feature>> = {
  text: {
    question: { text: 'Say "Grüße aus Köln 🌧"' },
    check: (said) => {
      expect(onlyChoice(said)).toMatchObject({ text: "Grüße aus Köln 🌧", calls: [], finish: "stop" });
    },
  },
  "one tool": {
    question: { text: "What is the weather in Paris?", tools: [weather] },
    check: (said) => {
      expect(onlyChoice(said)).toMatchObject({ calls: callsFor("Paris"), finish: "tool_calls" });
    },
  },
  "parallel tools": {
    question: { text: "What is the weather in Paris and Rome?", tools: [weather] },
    check: (said, { front }) => {
      const { calls, finish } = onlyChoice(said);
      expect({ calls, finish }).toMatchObject({ calls: callsFor("Paris", "Rome"), finish: "tool_calls" });
      // Results are told apart by their ids; Gemini's own clients know of calls without any.
      const ids = calls.flatMap(({ id }) => id ?? []);
      expect(new Set(ids).size).toBe(front.name === "Gemini generateContent" ? ids.length : 2);
    },
  },
  "tool result turn": {
    question: { text: "What is the weather in Paris and Rome?", tools: [weather] },
    check: async (said, { ask }) => {
      const { question } = features["tool result turn"];
      const { calls } = onlyChoice(said);
      const answer = await ask({ ...question, turn: { calls, results: ["rain, 12 °C", "sun, 31 °C"] } });
      const { text, finish } = onlyChoice(answer);
      expect(finish).toBe("stop");
      expect(text).toMatch(/rain, 12 °C.*\n.*sun, 31 °C/);
    },
  },
  reasoning: {
    question: { text: "Tell me about tides", thinks: true },
    modelOf: ({ thinker }) => thinker,
    check: (said, { back, front }) => {
      const { text, reasoning } = onlyChoice(said);
      expect(text).toContain("tides");
      expect(reasoning.join("")).toMatch(showsThoughts(front, back) ? /^The user wants to know about .*tides/ : /^$/);
      if (back.tellsThoughts) expect(said.usage?.reasoning).toBeGreaterThan(0);
    },
  },
  "structured output": {
    question: { text: "How is the sky above Paris?", schema },
    check: (said) => {
      const { text, finish } = onlyChoice(said);
      expect(finish).toBe("stop");
      expect(new Validator(schema).validate(JSON.parse(text))).toMatchObject({ valid: true });
    },
  },
  "image in": {
    question: { text: "What is in this picture?", image },
    modelOf: ({ viewer }) => viewer,
    check: (said, { world }) => {
      expect(onlyChoice(said).text).not.toBe("");
      expect(JSON.stringify(onlyRequest(world).body)).toContain(image.data);
    },
  },
  usage: {
    question: { text: "Hello" },
    prepare: ({ simulator }) => simulator.script({ reply: { text: "Hello.", usage: counts } }),
    check: ({ usage }, { back }) => {
      const { inputTokens, outputTokens, cacheReadTokens, reasoningTokens } = counts;
      expect(usage).toMatchObject({ input: inputTokens, output: outputTokens });
      // Some fronts have a zero for what nobody told.
      expect(usage?.cacheRead ?? 0).toBe(back.tellsCached ? cacheReadTokens : 0);
      expect(usage?.reasoning ?? 0).toBe(back.tellsThoughts ? reasoningTokens : 0);
    },
  },
};
