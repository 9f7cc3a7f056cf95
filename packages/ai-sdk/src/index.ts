export { languageModel, type LanguageModelOptions } from "./language-model.ts";
export type { CallSettings } from "./call-settings.ts";
