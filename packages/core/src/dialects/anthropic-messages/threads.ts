import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { readObject } from "../fields.ts";

/** The field by which a client leaves the turns of a conversation with the provider. They stay with the client here. */
export const threadField = "thread";

const goesOnFrom = "thread.previous_message_id";

/**
 * A thread that is begun is a request as any other, and is told to nobody as a thread: so there is none to go on with.
 *
 * @throws GatewayError that says so in the words on which the clients send the whole of it.
 */
export const refuseThread = (body: Json): void => {
  const thread = readObject(body[threadField], threadField);
  if (thread === undefined || thread["type"] === "create") return;
  throw new GatewayError(
    "unsupported_parameter",
    "Threads are not kept here. Send the whole conversation in `messages`.",
    { param: goesOnFrom, status: 404 },
  );
};

/** What the clients that keep threads act on: they send the whole conversation again, or do without a thread. */
export const threadDetails = ({ param }: GatewayError): object | undefined => {
  if (param === goesOnFrom) return { error_code: "thread_not_found" };
  if (param === threadField) return { error_code: "thread_unsupported_request", unsupported: [threadField] };
  return undefined;
};

/** What switches threads on. */
export const isThreadsBeta = (beta: string): boolean => beta.startsWith("message-threads-");
