import type { ModelFacts } from "../dialect.ts";

/** Where models of this dialect differ in what they accept. */
export interface ModelTraits {
  /**
   * How thinking is asked for: not at all, with a budget of tokens, or left to the model; `always`: left to the model
   * and never off.
   */
  readonly thinking: "none" | "budget" | "adaptive" | "always";
  /** Thinking with a budget is accepted beside the adaptive kind. */
  readonly takesBudget?: true;
  /** Values of `output_config.effort`, weakest first. */
  readonly efforts: readonly string[];
  /** Sampling parameters: any, temperature or top_p but not both, or none. */
  readonly sampling: "any" | "either" | "none";
  readonly structuredOutput: boolean;
  /** A tool choice that forces a call is refused. */
  readonly noForcedTools?: true;
}

const basicEfforts = ["low", "medium", "high"];
const allEfforts = ["low", "medium", "high", "xhigh", "max"];

const newest: ModelTraits = { thinking: "adaptive", efforts: allEfforts, sampling: "none", structuredOutput: true };

// The first pattern that matches the model's name decides. Names differ from host to host ("claude-opus-4-1",
// "anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4.1"), so only the part they share is looked at.
const families: readonly (readonly [RegExp, ModelTraits])[] = [
  [
    /claude-(instant|2|v2|3[.-]5|3-(opus|sonnet|haiku))/,
    { thinking: "none", efforts: [], sampling: "any", structuredOutput: false },
  ],
  [
    // The 4 without a minor version, which may be followed by a date.
    /claude-(3[.-]7|4-(opus|sonnet)|(opus|sonnet)-4(?![.-]?[1-9](?!\d)))/,
    { thinking: "budget", efforts: [], sampling: "any", structuredOutput: false },
  ],
  [/claude-opus-4[.-]5/, { thinking: "budget", efforts: basicEfforts, sampling: "either", structuredOutput: true }],
  [
    /claude-(opus-4[.-]1|(sonnet|haiku)-4[.-]5)/,
    { thinking: "budget", efforts: [], sampling: "either", structuredOutput: true },
  ],
  [
    /claude-(opus|sonnet)-4[.-]6/,
    {
      thinking: "adaptive",
      takesBudget: true,
      efforts: [...basicEfforts, "max"],
      sampling: "either",
      structuredOutput: true,
    },
  ],
  [/claude-(mythos|(opus-5|fable-5)[.-][1-9](?!\d))/, { ...newest, thinking: "always", noForcedTools: true }],
  [/claude/, newest],
];

// Another vendor's model behind the same dialect: the oldest forms are what such servers know.
const foreign: ModelTraits = { thinking: "budget", efforts: [], sampling: "any", structuredOutput: true };

/** Whether a model is Claude, whatever its host calls it. */
export const isClaude = (model: string): boolean => /claude/i.test(model);

/** What a model accepts: by its name, and by the catalog where that says more. */
export const traitsOf = (model: string, facts: ModelFacts | undefined): ModelTraits => {
  const name = (facts?.base ?? model).toLowerCase();
  const traits = families.find(([pattern]) => pattern.test(name))?.[1] ?? foreign;
  const isAdaptive = facts?.capabilities?.includes("adaptive-thinking") === true;
  if (!isAdaptive || traits.thinking === "adaptive" || traits.thinking === "always") return traits;
  return { ...traits, thinking: "adaptive", takesBudget: true, efforts: basicEfforts };
};
