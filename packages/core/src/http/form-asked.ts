import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { FrontDialect } from "../dialects/dialect.ts";
import { gemini } from "../dialects/gemini/gemini.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openrouterChat } from "../dialects/openai-chat/openrouter-form.ts";
import type { Incoming } from "./exchange.ts";
import type { Route } from "./routes.ts";

/** Dialects whose clients come to the same paths as OpenAI's. */
const others: Readonly<Partial<Record<Route["kind"], readonly FrontDialect[]>>> = {
  chat: [openrouterChat],
  models: [anthropicMessages, gemini],
  model: [anthropicMessages, gemini],
};

/** A route that answers in several forms, in the one that is asked for: by the query, or by whose client it is that asks. */
export const inFormAsked = (route: Route | undefined, incoming: Incoming): Route | undefined => {
  if (route?.kind === "chat" && route.sse !== undefined && incoming.query("alt") === "sse") {
    return { ...route, dialect: route.sse };
  }
  if (route?.dialect !== openaiChat) return route;
  const dialect = others[route.kind]?.find(({ isAskedBy }) => isAskedBy?.(incoming.header) === true);
  // Of a count there are no other forms, and of the rest every dialect has one.
  return dialect === undefined || route.kind === "count" ? route : { ...route, dialect };
};
