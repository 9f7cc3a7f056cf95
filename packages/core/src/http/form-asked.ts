import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { FrontDialect } from "../dialects/dialect.ts";
import { gemini } from "../dialects/gemini/gemini.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import type { Incoming } from "./exchange.ts";
import type { Route } from "./routes.ts";

/** Dialects whose clients look for models where OpenAI's do. */
const otherLists: readonly FrontDialect[] = [anthropicMessages, gemini];

/** A route that answers in several forms, in the one that is asked for: by the query, or by whose client it is that asks. */
export const inFormAsked = (route: Route | undefined, incoming: Incoming): Route | undefined => {
  if (route?.kind === "chat") {
    return route.sse !== undefined && incoming.query("alt") === "sse" ? { ...route, dialect: route.sse } : route;
  }
  if ((route?.kind !== "models" && route?.kind !== "model") || route.dialect !== openaiChat) return route;
  const dialect = otherLists.find(({ clientHeaders = [] }) =>
    clientHeaders.some((name) => incoming.header(name) !== undefined),
  );
  return dialect === undefined ? route : { ...route, dialect };
};
