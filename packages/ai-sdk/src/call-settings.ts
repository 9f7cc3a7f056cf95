import type { SharedV4ProviderOptions } from "@ai-sdk/provider";
import type { ChatInput } from "@llm-gateway/core";
import { ownFields, ownOptions, providerName } from "./own.ts";
import type { Warn } from "./warn.ts";

/** What `providerOptions.llmGateway` of a call can hold: what the gateway knows and the AI SDK has no setting for. */
export interface CallSettings extends Pick<
  ChatInput,
  | "cacheHint"
  | "cacheKey"
  | "logitBias"
  | "metadata"
  | "parallelToolCalls"
  | "reasoning"
  | "routing"
  | "serviceTier"
  | "user"
  | "verbosity"
> {
  /**
   * Whether providers are asked to hold a structured output strictly to its schema.
   *
   * @default true
   */
  readonly strictJsonSchema?: boolean;
}

const known: Readonly<Record<keyof CallSettings, true>> = {
  cacheHint: true,
  cacheKey: true,
  logitBias: true,
  metadata: true,
  parallelToolCalls: true,
  reasoning: true,
  routing: true,
  serviceTier: true,
  strictJsonSchema: true,
  user: true,
  verbosity: true,
};

/** The gateway's own settings of a call. Names it does not know are warned of. */
export const readCallSettings = (options: SharedV4ProviderOptions | undefined, warn: Warn): CallSettings => {
  const names = Object.keys(known) as (keyof CallSettings)[]; // no others are in it
  for (const name of Object.keys(ownOptions(options))) {
    if (!(name in known)) warn(`providerOptions.${providerName}.${name}`, `There are ${names.join(", ")}.`);
  }
  return ownFields<CallSettings>(options, names);
};
