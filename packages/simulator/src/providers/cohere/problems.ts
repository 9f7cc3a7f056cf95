import type { Dice } from "../../model/dice.ts";
import type { Problem, ProblemKind } from "../../problem.ts";
import type { ErrorAnswer } from "../provider.ts";

type Row = readonly [status: number, message: string, type?: string];

const rows: Readonly<Record<ProblemKind, Row>> = {
  "invalid-request": [400, "invalid request"],
  "missing-key": [401, "no api key supplied"],
  authentication: [401, "Incorrect API key provided."],
  billing: [402, "Please add or update your payment method to continue."],
  permission: [403, "Your API key may not use this model."],
  "not-found": [404, "model not found, make sure the correct model ID was used and that you have access to the model."],
  conflict: [409, "conflict"],
  "too-large": [413, "the request body is too large"],
  "rate-limit": [429, "You are past the per minute request limit, please wait and try again later."],
  "slow-down": [429, "You are past the per second request limit, please wait and try again later."],
  quota: [429, "You have reached the monthly limit of this key."],
  "context-length": [400, "too many tokens: the prompt has to be at most 128000 tokens", "TOO_MANY_TOKENS"],
  "content-filter": [400, "the prompt was blocked by the safety mode"],
  timeout: [504, "the request timed out"],
  internal: [500, "internal server error"],
  overloaded: [503, "the service is overloaded, please try again later"],
};

/** The id that an answer of this API has. */
export const uuidOf = (dice: Dice): string => {
  const hex = Buffer.from(dice.letters(16)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
};

/** A problem as this API reports it: in words. */
export const cohereError = (problem: Problem, dice: Dice): ErrorAnswer => {
  const [status, message, type] = rows[problem.kind];
  return {
    status: problem.status ?? status,
    headers: problem.retryAfter === undefined ? {} : { "retry-after": problem.retryAfter },
    body: {
      id: uuidOf(dice),
      message: problem.message ?? message,
      ...(type === undefined ? {} : { error_type: type }),
    },
  };
};
