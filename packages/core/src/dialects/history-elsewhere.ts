import type { ChatRequest } from "../chat/request.ts";
import { GatewayError } from "../errors.ts";

// Fields by which dialects name earlier turns, or a prompt, that the provider keeps.
const fields = ["previous_response_id", "conversation", "prompt"] as const;

const fieldOf = ({ extras }: ChatRequest): string | undefined =>
  extras && fields.find((name) => (extras[name] ?? undefined) !== undefined);

/** Whether turns before the first message are known to the provider only: calls may be there whose results are here. */
export const hasHistoryElsewhere = (request: ChatRequest): boolean => fieldOf(request) !== undefined;

/**
 * What was left with a provider of one dialect cannot be told to one of another.
 *
 * @throws GatewayError that says so.
 */
export const checkHistoryIsThere = (request: ChatRequest, dialect: string, target: string): void => {
  if (request.dialect === dialect) return;
  const field = fieldOf(request);
  if (field === undefined) return;
  throw new GatewayError(
    "unsupported_parameter",
    `What \`${field}\` stands for is not known to ${target}. Send the whole conversation instead.`,
    { param: field, fallback: true },
  );
};
