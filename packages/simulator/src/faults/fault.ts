import type { Problem } from "../problem.ts";
import type { Provider } from "../providers/provider.ts";
import type { Plan } from "../wire/plan.ts";

/** What follows the `?` of a fault's name. */
export interface FaultOptions {
  /** `retry-after`: seconds or an HTTP date. Providers without that header say it in the body. */
  readonly retryAfter?: string;
  /** `retry-after-ms`: sent as the header of that name. */
  readonly retryAfterMs?: string;
  /** `should-retry`: sent as the header `x-should-retry`. */
  readonly shouldRetry?: string;
  /** `ms`: how long a slow fault waits. */
  readonly ms?: number;
  /** `after`: how many pieces of output a fault in the middle lets pass; half of them when it is not given. */
  readonly after?: number;
}

/** What a fault has to work with. */
export interface FaultScene {
  readonly provider: Provider;
  readonly streaming: boolean;
  readonly options: FaultOptions;
  /**
   * The answer as it would be without the fault, the way the request asks for it or the way that is named.
   *
   * @throws Refusal when the request itself is wrong.
   */
  readonly answer: (shape?: "whole" | "stream") => Plan;
  /** The answer ended by the content filter: before it began, or half way. @throws Refusal as `answer`. */
  readonly filtered: (when: "before" | "half-way") => Plan;
  /** An error of the provider. */
  readonly problem: (problem: Problem) => Plan;
  /** The body of an error of the provider. */
  readonly problemBody: (problem: Problem) => unknown;
}

/** One way in which a provider can fail. */
export interface Fault {
  readonly name: string;
  /** What the client sees, for the list that the command and the README print. */
  readonly shows: string;
  readonly plan: (scene: FaultScene) => Plan;
}
