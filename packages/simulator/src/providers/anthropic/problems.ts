import type { Dice } from "../../model/dice.ts";
import type { Problem, ProblemKind } from "../../problem.ts";
import type { ErrorAnswer } from "../provider.ts";

type Row = readonly [status: number, type: string, message: string];

const rows: Readonly<Record<ProblemKind, Row>> = {
  "invalid-request": [400, "invalid_request_error", "The request is not valid."],
  "missing-key": [401, "authentication_error", "x-api-key header is required"],
  authentication: [401, "authentication_error", "API key is invalid."],
  billing: [402, "billing_error", "The credit balance is too low to use the API."],
  permission: [403, "permission_error", "The API key may not use this resource."],
  "not-found": [404, "not_found_error", "model: not found"],
  conflict: [409, "invalid_request_error", "The resource was changed by another request."],
  "too-large": [413, "request_too_large", "Request exceeds the maximum size"],
  "rate-limit": [429, "rate_limit_error", "This request would exceed the rate limit of the organization."],
  "slow-down": [429, "rate_limit_error", "The rate of requests has risen too fast: acceleration limit."],
  quota: [402, "billing_error", "The credit balance is too low to use the API."],
  "context-length": [400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"],
  "content-filter": [400, "invalid_request_error", "Output blocked by content filtering policy"],
  timeout: [504, "timeout_error", "Request timed out"],
  internal: [500, "api_error", "Internal server error"],
  overloaded: [529, "overloaded_error", "Overloaded"],
};

/** Waiting helps against these, and the answer says so. */
const passing: ReadonlySet<ProblemKind> = new Set([
  "rate-limit",
  "slow-down",
  "timeout",
  "internal",
  "overloaded",
  "conflict",
]);

/** A problem as this API reports it. */
export const anthropicError = (problem: Problem, dice: Dice): ErrorAnswer => {
  const [status, type, message] = rows[problem.kind];
  const path = problem.param === undefined ? "" : `${problem.param}: `;
  return {
    status: problem.status ?? status,
    headers: {
      "x-should-retry": String(passing.has(problem.kind)),
      ...(problem.retryAfter === undefined ? {} : { "retry-after": problem.retryAfter }),
    },
    body: {
      type: "error",
      error: {
        type,
        message: `${path}${problem.message ?? message}`,
        ...(problem.code === undefined ? {} : { details: { error_code: problem.code } }),
      },
      request_id: `req_011${dice.letters(21)}`,
    },
  };
};
