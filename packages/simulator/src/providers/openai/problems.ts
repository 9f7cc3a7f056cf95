import type { Dice } from "../../model/dice.ts";
import type { Problem, ProblemKind } from "../../problem.ts";
import type { ErrorAnswer } from "../provider.ts";

type Row = readonly [status: number, type: string, code: string | null, message: string];

const rows: Readonly<Record<ProblemKind, Row>> = {
  "invalid-request": [400, "invalid_request_error", null, "The request is not valid."],
  "missing-key": [401, "invalid_request_error", null, "No API key was given: send it as 'Authorization: Bearer KEY'."],
  authentication: [401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."],
  billing: [
    402,
    "invalid_request_error",
    "billing_not_active",
    "The account is not active: check the billing details.",
  ],
  permission: [
    403,
    "invalid_request_error",
    "unsupported_country_region_territory",
    "This project may not use the model.",
  ],
  "not-found": [
    404,
    "invalid_request_error",
    "model_not_found",
    "The model does not exist or you do not have access to it.",
  ],
  conflict: [409, "invalid_request_error", null, "The resource was changed by another request. Try again."],
  "too-large": [413, "invalid_request_error", "request_too_large", "The request body is too large."],
  "rate-limit": [429, "requests", "rate_limit_exceeded", "Rate limit reached for requests per minute."],
  "slow-down": [503, "server_error", "slow_down", "Slow down: the rate of requests has risen too fast."],
  quota: [429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota: check plan and billing."],
  "context-length": [
    400,
    "invalid_request_error",
    "context_length_exceeded",
    "This model's maximum context length is 8192 tokens, and your messages are longer.",
  ],
  "content-filter": [
    400,
    "invalid_request_error",
    "content_policy_violation",
    "The prompt was refused by the safety system.",
  ],
  timeout: [504, "server_error", null, "The request took too long."],
  internal: [500, "server_error", null, "The server had an error while processing your request."],
  overloaded: [503, "server_error", "overloaded", "The engine is currently overloaded, please try again later."],
};

/** A problem as this API reports it. */
export const openaiError = (problem: Problem, _dice: Dice): ErrorAnswer => {
  const [status, type, code, message] = rows[problem.kind];
  const error = {
    message: problem.message ?? message,
    type,
    param: problem.param ?? null,
    code: problem.code ?? (problem.kind === "invalid-request" && problem.param !== undefined ? "invalid_value" : code),
  };
  return {
    status: problem.status ?? status,
    headers: problem.retryAfter === undefined ? {} : { "retry-after": problem.retryAfter },
    body: { error },
  };
};
