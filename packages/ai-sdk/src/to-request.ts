import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import type { ChatInput, OutputFormat } from "@llm-gateway/core";
import { readCallSettings } from "./call-settings.ts";
import { present } from "./present.ts";
import { toMessages } from "./to-messages.ts";
import { toJsonSchema, toTools } from "./to-tools.ts";

/** A call as the gateway takes it, with a warning for everything of it that is left out. */
export interface ConvertedCall {
  readonly request: ChatInput;
  readonly warnings: SharedV4Warning[];
}

/**
 * A call of the AI SDK as a request to the gateway.
 *
 * @throws NoSuchProviderReferenceError or UnsupportedFunctionalityError for a file that can not be brought to a model.
 */
export const toRequest = (model: string, options: LanguageModelV4CallOptions, stream: boolean): ConvertedCall => {
  const warnings: SharedV4Warning[] = [];
  const warn = (feature: string, details: string): void =>
    void warnings.push({ type: "unsupported", feature, details });
  const { strictJsonSchema = true, ...settings } = readCallSettings(options.providerOptions, warn);
  const { maxOutputTokens, temperature, topP, topK, presencePenalty, frequencyPenalty, seed, reasoning } = options;
  const request: ChatInput = {
    model,
    stream,
    // What an answer cost stands in its usage.
    includeCost: true,
    messages: toMessages(options.prompt, warn),
    ...toTools(options, warn),
    ...present({
      maxOutputTokens,
      temperature,
      topP,
      topK,
      presencePenalty,
      frequencyPenalty,
      seed,
      stop: options.stopSequences,
      outputFormat: toOutputFormat(options.responseFormat, strictJsonSchema),
      reasoning: reasoning === undefined || reasoning === "provider-default" ? undefined : { effort: reasoning },
    }),
    ...settings,
  };
  return { request, warnings };
};

const toOutputFormat = (
  format: LanguageModelV4CallOptions["responseFormat"],
  strict: boolean,
): OutputFormat | undefined => {
  if (format?.type !== "json") return undefined;
  const { schema, name, description } = format;
  if (schema === undefined) return { type: "json" };
  return { type: "json-schema", schema: toJsonSchema(schema), strict, ...present({ name, description }) };
};
