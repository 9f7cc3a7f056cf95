/** The causes of an error answer, in the simulator's own words; each provider has its own status and body for them. */
export type ProblemKind =
  | "invalid-request"
  | "missing-key"
  | "authentication"
  | "billing"
  | "permission"
  | "not-found"
  | "conflict"
  | "too-large"
  | "rate-limit"
  | "slow-down"
  | "quota"
  | "context-length"
  | "content-filter"
  | "timeout"
  | "internal"
  | "overloaded";

/** One error a provider answers with. */
export interface Problem {
  readonly kind: ProblemKind;
  /** Instead of the provider's usual status for this kind. */
  readonly status?: number;
  /** Instead of the provider's usual message. */
  readonly message?: string;
  /** The field at fault. */
  readonly param?: string;
  /** Instead of the provider's usual code, where it has codes. */
  readonly code?: string;
  /** The wait the provider asks for: seconds or an HTTP date. */
  readonly retryAfter?: string;
}

/** Thrown while a request is being read: the provider would refuse it. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message ?? problem.kind);
    this.name = "Refusal";
    this.problem = problem;
  }
}

/**
 * Refuses a request because of its content.
 *
 * @throws Refusal always.
 */
export function refuse(message: string, param?: string, code?: string): never {
  throw new Refusal({
    kind: "invalid-request",
    message,
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}
