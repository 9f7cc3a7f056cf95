import type { Attributes } from "@opentelemetry/api";
import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import type { Usage } from "../chat/usage.ts";
import { attribute } from "./semconv.ts";

/** What is known of a provider call when it begins. */
export interface AttemptFacts {
  readonly target: Target;
  /** `gen_ai.provider.name`. */
  readonly providerName: string;
  readonly url: URL;
  readonly request: ChatRequest;
  /** Parameters of the request that the target does not have. */
  readonly dropped: readonly string[];
  /** Milliseconds that were waited before it. */
  readonly delayMs: number | undefined;
}

/** The cost of one provider call. */
export interface CallCost {
  readonly usage: Usage;
  readonly costNanoUsd?: number | undefined;
  readonly costSource?: "provider" | "local" | undefined;
}

/** Where a provider listens. */
export const addressAttributes = ({ hostname, port, protocol }: URL): Attributes => ({
  [attribute.serverAddress]: hostname,
  [attribute.serverPort]: Number(port || (protocol === "https:" ? 443 : 80)),
});
