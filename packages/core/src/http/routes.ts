import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { Address, FrontDialect } from "../dialects/dialect.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiResponses } from "../dialects/openai-responses/openai-responses.ts";
import { decodePath } from "./decode-path.ts";
import { findGeminiRoute, geminiPaths } from "./gemini-routes.ts";

/** A place to ask a model at. */
export interface ChatRoute {
  readonly kind: "chat";
  readonly method: "POST";
  readonly dialect: FrontDialect;
  /** The dialect where the query says `alt=sse`. */
  readonly sse?: FrontDialect;
  /** What the path says and the body does not. */
  readonly address?: Address;
}

/** What a path below the mount path stands for. */
export type Route =
  | ChatRoute
  | { readonly kind: "count"; readonly method: "POST"; readonly dialect: FrontDialect; readonly address: Address }
  | { readonly kind: "models"; readonly method: "GET"; readonly dialect: FrontDialect }
  | { readonly kind: "model"; readonly method: "GET"; readonly dialect: FrontDialect; readonly id: string }
  | { readonly kind: "health"; readonly method: "GET"; readonly dialect: FrontDialect };

const fixed: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/v1/chat/completions", { kind: "chat", method: "POST", dialect: openaiChat }],
  ["/v1/responses", { kind: "chat", method: "POST", dialect: openaiResponses }],
  ["/v1/messages", { kind: "chat", method: "POST", dialect: anthropicMessages }],
  ["/v1/models", { kind: "models", method: "GET", dialect: openaiChat }],
  ["/v1/health", { kind: "health", method: "GET", dialect: openaiChat }],
]);

const modelPrefix = "/v1/models/";

/** The paths of a method's routes, for hosts that name theirs one by one; `:id` stands for one segment. */
export const routePaths = (method: Route["method"]): string[] => [
  ...[...fixed].filter(([, route]) => route.method === method).map(([path]) => path),
  ...(method === "GET" ? [`${modelPrefix}:id`] : []),
  ...geminiPaths(method),
];

/** The route of a path, whatever the method; `undefined` where the path is not the gateway's. */
export const findRoute = (path: string): Route | undefined =>
  fixed.get(path) ??
  (path.startsWith(modelPrefix) ? modelRoute(path.slice(modelPrefix.length)) : findGeminiRoute(path));

const modelRoute = (encoded: string): Route | undefined => {
  const id = decodePath(encoded);
  return id === undefined ? undefined : { kind: "model", method: "GET", dialect: openaiChat, id };
};

/** Whether the gateway answers this; everything else is the host's own. A HEAD is answered where a GET is. */
export const isOurs = (method: string, path: string): boolean => {
  const route = findRoute(path);
  return route !== undefined && (route.method === method || (method === "HEAD" && route.method === "GET"));
};
