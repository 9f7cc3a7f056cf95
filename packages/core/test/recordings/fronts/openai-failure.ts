import { APIError } from "openai";
import type { Failure, Thrown, Told } from "./front.ts";

/** Both of OpenAI's dialects have the gateway's own codes. */
export const readOpenaiError = (error: unknown): Thrown | undefined =>
  error instanceof APIError ? { told: { status: error.status, code: error.code }, headers: error.headers } : undefined;

export const tellOpenaiFailure = ({ status, code }: Failure, isLate: boolean): Told => ({
  status: isLate ? undefined : status,
  code,
});
