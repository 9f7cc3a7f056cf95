/** Price per token in integer nano-dollars (1e-9 USD); a part that is absent costs the same as its whole. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Cache writes kept for an hour. */
  readonly cacheWriteLong?: number;
  readonly audioInput?: number;
  readonly audioOutput?: number;
  readonly reasoning?: number;
}

export type Capability =
  | "tools"
  | "parallel-tools"
  | "tool-choice"
  | "json-schema"
  | "reasoning"
  | "vision"
  | "audio-input"
  | "audio-output"
  | "file-input"
  | "prompt-caching"
  | "assistant-prefill"
  | "web-search"
  | "system-messages";

/** What is known of one model at one provider. */
export interface Model {
  readonly id: string;
  readonly mode: "chat" | "embedding";
  /** Tokens of prompt and answer together, or of the prompt where the provider counts them apart. */
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
  readonly capabilities: readonly Capability[];
  /** Absent: nobody knows. Zero: free. */
  readonly price?: Price;
  /** Other prices: by service tier (`flex`, `priority`, `batch`) and above a prompt length. */
  readonly tiers?: readonly PriceTier[];
  /** ISO date after which the provider may stop serving it. */
  readonly deprecationDate?: string;
}

export interface PriceTier {
  readonly serviceTier?: string;
  /** Applies to the whole call when its prompt is longer than this. */
  readonly aboveInputTokens?: number;
  readonly price: Price;
}
