import { expect } from "vitest";
import type { Failure } from "../recordings/fronts/front.ts";
import type { Front } from "./fronts/front.ts";
import type { Answer } from "./world.ts";

/** Codes after which the client may try again. */
const passing = new Set(["upstream_rate_limited", "upstream_overloaded"]);

/**
 * Checks that a client was told of a failure in the form of its dialect, and what it may do about it.
 *
 * @param retryAfterMs The wait it is told, if any.
 */
export const expectRefusal = (
  front: Front,
  { status, headers, body }: Pick<Answer, "status" | "headers" | "body">,
  failure: Failure,
  retryAfterMs?: number,
): void => {
  const told = front.tellFailure(failure, false);
  expect({ ...front.readError(body), status }).toEqual(expect.objectContaining(told));
  expect(headers.get("x-should-retry")).toBe(String(passing.has(failure.code)));
  expect(headers.get("x-request-id")).toMatch(/./);
  expect(headers.get("retry-after-ms")).toBe(retryAfterMs === undefined ? null : String(retryAfterMs));
};
