import { signatureFormat as claudeFormat } from "../anthropic-messages/identity.ts";
import { traitsOf as claudeTraitsOf, type ModelTraits as ClaudeTraits } from "../claude/model-traits.ts";
import type { ModelFacts } from "../dialect.ts";

/** Where the models behind this API differ in what they accept. */
export interface ModelTraits {
  /** What Claude models accept beside; absent for all others. */
  readonly claude?: ClaudeTraits;
  /** Which settings of its own the model has for how it samples and reasons. */
  readonly settings: "claude" | "nova" | "nova-2" | "gpt-oss" | "none";
  /** Tag of the reasoning signatures it issues and takes back. */
  readonly signatureFormat: string;
  /** Holds answers and tool calls to a schema. */
  readonly structuredOutput: boolean;
  /** Takes a tool choice that leaves no way but to call a tool. */
  readonly forcedTools: boolean;
  /** Calls tools in streamed answers as well. */
  readonly toolStreaming: boolean;
  /** Where cache points may stand: `prompt`: among messages and system prompts, but not among tools. */
  readonly cachePoints: "none" | "prompt" | "all";
  /** Cache points may say how long they last. */
  readonly cacheTtl: boolean;
  readonly audio: boolean;
  /** The system tool by which it searches the web. */
  readonly webSearch?: string;
}

/** Claude models that came before prompt caching. */
const uncached = /claude-(instant|2|v2|3-(opus|sonnet|haiku)|3-5-sonnet-20240620)/;

/** Open models that Bedrock can hold to a schema. */
const constrained = /qwen3|deepseek\.v3|gpt-oss|gemma-3|mistral|magistral|ministral|nemotron|minimax|kimi/;

/** What a model accepts: by its id, and by the catalog where that says more. The ARN of a profile hides the model, which then has to be declared. */
export const traitsOf = (model: string, facts: ModelFacts | undefined): ModelTraits => {
  const name = (facts?.base ?? model).toLowerCase();
  const can = (capability: string): boolean => facts?.capabilities?.includes(capability) === true;
  const audio = can("audio-input");
  if (name.includes("claude")) {
    const claude = claudeTraitsOf(name, facts);
    // Bedrock gave the newer ways to 4.5 and what followed.
    const isRecent = claude.structuredOutput && !/opus-4[.-]1/.test(name);
    return {
      claude,
      settings: "claude",
      signatureFormat: claudeFormat,
      structuredOutput: isRecent,
      toolStreaming: true,
      forcedTools: claude.noForcedTools !== true && !/claude-(instant|2|v2)/.test(name),
      cachePoints: uncached.test(name) ? "none" : "all",
      cacheTtl: isRecent,
      audio,
    };
  }
  const isNova = name.includes("nova");
  return {
    settings: isNova ? (name.includes("nova-2") ? "nova-2" : "nova") : name.includes("gpt-oss") ? "gpt-oss" : "none",
    signatureFormat: `bedrock-${vendorOf(name)}-v1`,
    // The catalog would not do: it also counts models that others make answer by means of a tool.
    structuredOutput: constrained.test(name),
    toolStreaming: !/\.(llama|jamba)/.test(name),
    forcedTools: isNova || name.includes("mistral-large"),
    cachePoints: isNova || can("prompt-caching") ? "prompt" : "none",
    cacheTtl: false,
    audio,
    ...(/nova-(2|premier)/.test(name) ? { webSearch: "nova_grounding" } : {}),
  };
};

/** `us.deepseek.r1-v1:0` → `deepseek`; of a profile that names no model, its own id. */
const vendorOf = (name: string): string => {
  const id = name.slice(name.lastIndexOf("/") + 1).replace(/^(us|us-gov|eu|apac|jp|au|ca|global)\./, "");
  return /^[^.]*/.exec(id)?.[0] ?? id;
};
