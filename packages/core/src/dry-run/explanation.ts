import type { Attributes } from "@opentelemetry/api";
import type { GatewayErrorCode } from "../errors.ts";
import type { Price } from "../providers/catalog.ts";

/** What would become of a request, as plain data. */
export interface Explanation {
  /** The stages that were passed, in order; one that refuses is the last. `meter` is left out: there is no call to book. */
  readonly stages: readonly ExplainedStage[];
  /**
   * The stage that would answer by itself, such as a cache that holds the answer. What follows is what would happen
   * without it.
   */
  readonly answeredBy?: string;
  /** Why nobody would be asked. */
  readonly refused?: ExplainedRefusal;
  /** Who may be asked, in order. Empty where the request is refused before it is routed. */
  readonly targets: readonly ExplainedTarget[];
  /** Targets of the model that `route` left out. */
  readonly skipped: readonly SkippedTarget[];
}

export interface ExplainedStage {
  readonly stage: string;
  /** What it set on its span: `llm_gateway.cache.result`, `llm_gateway.route.strategy`, … */
  readonly attributes: Attributes;
}

export interface ExplainedRefusal {
  /** Who refuses; absent where the request came through all stages, but none of its targets can take it. */
  readonly stage?: string;
  readonly error: ExplainedError;
}

/** The fields of a `GatewayError` that say what happened. */
export interface ExplainedError {
  readonly code: GatewayErrorCode;
  readonly status: number;
  readonly message: string;
  readonly param?: string;
  readonly retryAfterMs?: number;
}

export interface ExplainedTarget {
  /** `provider/model`. */
  readonly target: string;
  /**
   * Why it stands where it does.
   * - `first`: asked first
   * - `fallback`: asked when those before it have failed
   * - `refused`: passed over, because the request cannot be put to it; `error` says why
   * - `not-reached`: never asked, because the stages give up before it
   */
  readonly reason: "first" | "fallback" | "refused" | "not-reached";
  readonly error?: ExplainedError;
  /** What would be sent. */
  readonly request?: ExplainedRequest;
  /** Parameters the target lacks and that would be left out, by their names in the client's dialect. */
  readonly dropped?: readonly string[];
  /** For a request of this size and service tier, in nano-dollars per token; absent where nobody knows it. */
  readonly price?: Price;
  readonly contextWindow?: number;
  readonly estimate: Estimate;
}

/** A request to a provider. */
export interface ExplainedRequest {
  readonly url: string;
  /** Names in lower case. Credentials, and all values of the provider's own `headers` option, are `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON of the body. */
  readonly body: unknown;
}

/** Rough figures: tokens are guessed from characters, and discounts for cached prompts are unknown beforehand. */
export interface Estimate {
  readonly inputTokens: number;
  /** What the prompt costs, in integer nano-dollars; absent where nobody knows the price. */
  readonly minCostNanoUsd?: number;
  /** The same with the longest answer; also absent where nothing bounds the answer. */
  readonly maxCostNanoUsd?: number;
}

export interface SkippedTarget {
  /** `provider/model`. */
  readonly target: string;
  readonly reason: string;
}
