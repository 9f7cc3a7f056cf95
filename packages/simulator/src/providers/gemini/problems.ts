import type { Dice } from "../../model/dice.ts";
import type { Problem, ProblemKind } from "../../problem.ts";
import type { ErrorAnswer } from "../provider.ts";

type Row = readonly [status: number, name: string, message: string];

const rows: Readonly<Record<ProblemKind, Row>> = {
  "invalid-request": [400, "INVALID_ARGUMENT", "Request contains an invalid argument."],
  "missing-key": [403, "PERMISSION_DENIED", "The request has no caller identity: send an API key."],
  authentication: [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
  billing: [403, "PERMISSION_DENIED", "Billing is not enabled for the project."],
  permission: [403, "PERMISSION_DENIED", "The caller does not have permission."],
  "not-found": [
    404,
    "NOT_FOUND",
    "The model is not found for API version v1beta, or is not supported for generateContent.",
  ],
  conflict: [409, "ABORTED", "The operation was aborted."],
  "too-large": [413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."],
  "rate-limit": [429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."],
  "slow-down": [429, "RESOURCE_EXHAUSTED", "The rate of requests has risen too fast."],
  quota: [429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."],
  "context-length": [
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  ],
  "content-filter": [400, "INVALID_ARGUMENT", "The prompt was blocked."],
  timeout: [504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."],
  internal: [500, "INTERNAL", "An internal error has occurred."],
  overloaded: [503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
};

const google = "type.googleapis.com/google.rpc";

/** What a cause adds in `details`: this API has no headers for it. */
const detailsOf = (problem: Problem): readonly object[] => [
  ...(problem.param === undefined
    ? []
    : [
        {
          "@type": `${google}.BadRequest`,
          fieldViolations: [{ field: problem.param, description: problem.message ?? "" }],
        },
      ]),
  ...(problem.kind === "authentication"
    ? [{ "@type": `${google}.ErrorInfo`, reason: "API_KEY_INVALID", domain: "googleapis.com" }]
    : []),
  ...(problem.kind === "quota"
    ? [
        {
          "@type": `${google}.QuotaFailure`,
          violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", quotaValue: "50" }],
        },
      ]
    : []),
  ...(Number.isNaN(Number(problem.retryAfter))
    ? []
    : [{ "@type": `${google}.RetryInfo`, retryDelay: `${problem.retryAfter}s` }]),
];

/** A problem as this API reports it. */
export const geminiError = (problem: Problem, _dice: Dice): ErrorAnswer => {
  const [usual, name, message] = rows[problem.kind];
  const status = problem.status ?? usual;
  const details = detailsOf(problem);
  const error = { code: status, message: problem.message ?? message, status: name };
  return { status, headers: {}, body: { error: details.length === 0 ? error : { ...error, details } } };
};
