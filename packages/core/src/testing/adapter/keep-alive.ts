import { Agent } from "node:http";
import type { Scope } from "./scope.ts";

/** Sends all requests over one connection. */
export const keepAlive = ({ defer }: Scope): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  defer(() => agent.destroy());
  return agent;
};
