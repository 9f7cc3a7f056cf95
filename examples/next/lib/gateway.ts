import { createGateway } from "@llm-gateway/core";

const users = new Map([["ada-key", { id: "ada" }]]);

/** One for the whole app: server components and actions ask `gateway.chat` with no HTTP in between. */
export const gateway = createGateway({
  // In a real app: who the session says it is, from the cookies of `raw`, which is the handler's own request.
  authenticate: ({ credential = "" }) => users.get(credential),
});
