/** `thinkingLevel`, from least to most. */
export type ThinkingLevel = "MINIMAL" | "LOW" | "MEDIUM" | "HIGH";

/** How a model's thinking is set: by level, by a number of tokens, or not at all. */
export type ThinkingControl =
  | { readonly by: "level"; readonly levels: readonly [ThinkingLevel, ...ThinkingLevel[]] }
  | { readonly by: "budget"; readonly minimum: number; readonly maximum: number; readonly canBeOff: boolean }
  | { readonly by: "nothing" };

/** Where Gemini models differ in what a request may hold. */
export interface ModelTraits {
  readonly thinking: ThinkingControl;
  /** Takes JSON Schema; else its own subset of OpenAPI. */
  readonly jsonSchema: boolean;
  /** Takes an output schema beside function tools. */
  readonly schemaWithTools: boolean;
  /** Knows the function calling mode `VALIDATED`. */
  readonly validatedCalls: boolean;
  /** Refuses a replayed call that lacks its thought signature. */
  readonly signedCalls: boolean;
  /** Takes images and files inside a function response, and a resolution on each image. */
  readonly richMedia: boolean;
  readonly penalties: boolean;
}

const allLevels = ["MINIMAL", "LOW", "MEDIUM", "HIGH"] as const;

// The first row that matches wins. Aliases such as `gemini-flash-latest` name the newest generation.
const thinkingTable: readonly { readonly model: RegExp; readonly thinking: ThinkingControl }[] = [
  { model: /-(tts|live|native-audio)/, thinking: { by: "nothing" } },
  { model: /^gemini-(2\.5-flash|3-pro)-image/, thinking: { by: "nothing" } },
  { model: /^gemini-\d.*-image/, thinking: { by: "level", levels: ["MINIMAL", "HIGH"] } },
  { model: /^gemini-3-pro/, thinking: { by: "level", levels: ["LOW", "HIGH"] } },
  { model: /^gemini-([3-9](\.\d+)?-pro|pro-latest)/, thinking: { by: "level", levels: ["LOW", "MEDIUM", "HIGH"] } },
  { model: /^gemini-([3-9][.-]|flash-)/, thinking: { by: "level", levels: allLevels } },
  { model: /^gemini-2\.5-pro/, thinking: { by: "budget", minimum: 128, maximum: 32_768, canBeOff: false } },
  { model: /^gemini-2\.5-flash-lite/, thinking: { by: "budget", minimum: 512, maximum: 24_576, canBeOff: true } },
  { model: /^gemini-2\.5-flash/, thinking: { by: "budget", minimum: 1, maximum: 24_576, canBeOff: true } },
];

const generationOf = (name: string): number | undefined => {
  if (/^gemini-(pro|flash|flash-lite)-latest/.test(name)) return 3;
  const version = /^gemini-(\d+(?:\.\d+)?)/.exec(name);
  return version === null ? undefined : Number(version[1]);
};

/** What is known of a model by its name. Of unknown names (tuned models, endpoints) only what every current model does. */
export const modelTraits = (model: string): ModelTraits => {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  const generation = generationOf(name) ?? 2;
  return {
    thinking: thinkingTable.find((row) => row.model.test(name))?.thinking ?? { by: "nothing" },
    jsonSchema: generation >= 2,
    schemaWithTools: generation >= 3,
    validatedCalls: generation >= 2.5,
    signedCalls: generation >= 3,
    richMedia: generation >= 3,
    penalties: generation < 3,
  };
};
