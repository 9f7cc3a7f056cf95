import { createHash } from "node:crypto";
import type { Message } from "../../chat/message.ts";
import type { Context } from "../../pipeline/context.ts";

/** OpenAI takes keys of up to 64 characters. */
const keyLength = 32;

/** A key that requests of one tenant share if they begin alike: their tools and their system prompt, or first message. */
export const hashKey = ({ request, principal }: Context): string => {
  const { tools = [], messages } = request;
  const system = messages.slice(0, leadingSystem(messages));
  const start = system.length > 0 ? system : messages.slice(0, 1);
  // Tenants share no key, as what one of them asks would make another's answers faster, which tells of it.
  const owner = principal.tenant === undefined ? ["principal", principal.id] : ["tenant", principal.tenant];
  const said = start.map(({ role, parts }) => [role, parts]);
  return createHash("sha256")
    .update(JSON.stringify([owner, tools, said]))
    .digest("hex")
    .slice(0, keyLength);
};

/** How many messages at the start of a conversation are the system's. */
export const leadingSystem = (messages: readonly Message[]): number => {
  const first = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  return first === -1 ? messages.length : first;
};
