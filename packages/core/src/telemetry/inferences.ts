import type { Context as OtelContext } from "@opentelemetry/api";
import type { Target } from "../chat/target.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptFacts, CallCost } from "./call-facts.ts";
import { Inference, type Caller } from "./inference.ts";
import type { TelemetryParts } from "./parts.ts";

/** All provider calls of one request: one inference for each target, with one attempt for each call to it. */
export class Inferences {
  readonly #parts: TelemetryParts;
  readonly #gatewayContext: OtelContext;
  readonly #caller: Caller;
  readonly #open = new Map<string, Inference>();
  readonly #attempts: Attempt[] = [];
  #count = 0;

  constructor(parts: TelemetryParts, gatewayContext: OtelContext, caller: Caller) {
    this.#parts = parts;
    this.#gatewayContext = gatewayContext;
    this.#caller = caller;
  }

  /** @param context That of whoever makes the call. */
  attempt(facts: AttemptFacts, context: OtelContext): Attempt {
    const { target } = facts;
    let inference = this.#open.get(target.id);
    if (inference?.wasAnswered === true) {
      inference.end(undefined);
      inference = undefined;
    }
    if (inference === undefined) {
      // Asking another target means that those before have finally failed.
      for (const earlier of this.#open.values()) earlier.endIfFailed();
      const reason = this.#count++ === 0 ? "initial" : "fallback";
      inference = new Inference(this.#parts, facts, this.#caller, reason, context, () => this.#open.delete(target.id));
      this.#open.set(target.id, inference);
    }
    const attempt = new Attempt(this.#parts, facts, inference, this.#gatewayContext);
    this.#attempts.push(attempt);
    return attempt;
  }

  /** Told by whoever counts, once the answer of a target is over. */
  paid(target: Target, cost: CallCost): void {
    this.#open.get(target.id)?.paid(cost);
  }

  /** A stage failed, and gives up what it was answered. */
  letGo(error: unknown): void {
    for (const attempt of this.#attempts) attempt.letGo(error);
  }

  /** The request is over, and with it whatever is still open. */
  endAll(error: unknown): void {
    for (const attempt of this.#attempts) attempt.abandon(error);
    for (const inference of this.#open.values()) inference.end(error);
  }
}
