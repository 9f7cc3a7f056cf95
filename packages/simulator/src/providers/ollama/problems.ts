import type { Dice } from "../../model/dice.ts";
import type { Problem, ProblemKind } from "../../problem.ts";
import type { ErrorAnswer } from "../provider.ts";

type Row = readonly [status: number, message: string];

const rows: Readonly<Record<ProblemKind, Row>> = {
  "invalid-request": [400, "the request is not valid"],
  "missing-key": [401, "unauthorized"],
  authentication: [401, "unauthorized"],
  billing: [402, "this model requires a subscription"],
  permission: [403, "remote inference is unavailable"],
  "not-found": [404, "model not found, try pulling it first"],
  conflict: [409, "conflict"],
  "too-large": [413, "http: request body too large"],
  "rate-limit": [429, "too many requests"],
  "slow-down": [503, "server busy, please try again.  maximum pending requests exceeded"],
  quota: [429, "you have reached your weekly usage limit"],
  "context-length": [400, "prompt too long; exceeded max context length by 1000 tokens"],
  "content-filter": [400, "the prompt was refused"],
  timeout: [504, "timed out waiting for the model to start"],
  internal: [500, "an error was encountered while running the model"],
  overloaded: [503, "server busy, please try again.  maximum pending requests exceeded"],
};

/** A problem as this API reports it: in words alone. */
export const ollamaError = (problem: Problem, _dice: Dice): ErrorAnswer => {
  const [status, message] = rows[problem.kind];
  return {
    status: problem.status ?? status,
    headers: problem.retryAfter === undefined ? {} : { "retry-after": problem.retryAfter },
    body: { error: problem.message ?? message },
  };
};
