import type { ChatRequest } from "../chat/request.ts";
import { GatewayError } from "../errors.ts";
import { isObject } from "./fields.ts";
import type { Quirks } from "./quirks.ts";

// Fields by which dialects name earlier turns, or a prompt, that the provider keeps.
const fields = ["previous_response_id", "conversation", "prompt", "thread"] as const;

/** A thread that is only begun has no turns before it. */
const isBegun = (value: unknown): boolean => isObject(value) && value["type"] === "create";

const fieldOf = ({ extras }: ChatRequest): string | undefined =>
  extras && fields.find((name) => (extras[name] ?? undefined) !== undefined && !isBegun(extras[name]));

/** Whether turns before the first message are known to the provider only: calls may be there whose results are here. */
export const hasHistoryElsewhere = (request: ChatRequest): boolean => fieldOf(request) !== undefined;

/** The param of an error that says: nobody here has the turns before. */
export const lostThread = "thread.previous_message_id";

/**
 * Turns that were left with a provider of one dialect cannot be told to one of another, or to one that holds none.
 *
 * @throws GatewayError that says so, with 404 for a thread: its clients then send the whole of it again.
 */
export const checkHistoryIsThere = (
  request: ChatRequest,
  dialect: string,
  { threads }: Quirks,
  target: string,
): void => {
  if (request.extras === undefined) return;
  const field = fieldOf(request);
  if (field === undefined || (request.dialect === dialect && (field !== "thread" || threads === true))) return;
  throw new GatewayError(
    "unsupported_parameter",
    `What \`${field}\` stands for is not known to ${target}. Send the whole conversation instead.`,
    { fallback: true, ...(field === "thread" ? { param: lostThread, status: 404 } : { param: field }) },
  );
};
