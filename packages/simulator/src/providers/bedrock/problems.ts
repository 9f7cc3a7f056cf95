import type { Dice } from "../../model/dice.ts";
import type { Problem, ProblemKind } from "../../problem.ts";
import type { ErrorAnswer } from "../provider.ts";

type Row = readonly [status: number, type: string, message: string];

const rows: Readonly<Record<ProblemKind, Row>> = {
  "invalid-request": [400, "ValidationException", "The request is not valid."],
  "missing-key": [403, "MissingAuthenticationTokenException", "Missing Authentication Token"],
  authentication: [403, "UnrecognizedClientException", "The security token included in the request is invalid."],
  billing: [403, "AccessDeniedException", "The account has no valid payment method."],
  permission: [403, "AccessDeniedException", "You don't have access to the model with the specified model ID."],
  "not-found": [404, "ResourceNotFoundException", "Could not find the model."],
  conflict: [400, "ConflictException", "The resource was changed by another request."],
  "too-large": [413, "ValidationException", "The request body is too large."],
  "rate-limit": [429, "ThrottlingException", "Too many requests, please wait before trying again."],
  "slow-down": [429, "ThrottlingException", "Too many tokens, please wait before trying again."],
  quota: [400, "ServiceQuotaExceededException", "Too many tokens per day, please wait before trying again."],
  "context-length": [400, "ValidationException", "Input is too long for requested model."],
  "content-filter": [400, "ValidationException", "The prompt was refused."],
  timeout: [408, "ModelTimeoutException", "The model took too long to process the request."],
  internal: [500, "InternalServerException", "The server encountered an unexpected error."],
  overloaded: [503, "ServiceUnavailableException", "Bedrock is unable to process your request."],
};

/** A problem as this API reports it: words in the body, its type in a header. */
export const bedrockError = (problem: Problem, _dice: Dice): ErrorAnswer => {
  const [status, type, message] = rows[problem.kind];
  return {
    status: problem.status ?? status,
    headers: {
      "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
      ...(problem.retryAfter === undefined ? {} : { "retry-after": problem.retryAfter }),
    },
    body: { message: problem.message ?? message },
  };
};
