import type { Operation } from "../chat/request.ts";
import { anthropicCount, anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { Address, CountDialect, FrontDialect } from "../dialects/dialect.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiCompletions } from "../dialects/openai-completions/openai-completions.ts";
import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import { openaiResponses, responsesCount } from "../dialects/openai-responses/openai-responses.ts";
import { findKeptRoutes, keptPaths, keptRouteNames } from "./responses/routes.ts";
import { findModelRoutes, modelPaths, modelRouteNames } from "./model-routes.ts";

export type Method = "GET" | "POST" | "DELETE";

/** A place to ask a model at. */
export interface ChatRoute {
  readonly kind: "chat";
  readonly method: "POST";
  readonly dialect: FrontDialect;
  /** What is asked of the model. @default "chat" */
  readonly operation?: Operation;
  /** The dialect where the query says `alt=sse`. */
  readonly sse?: FrontDialect;
  /** What the path says and the body does not. */
  readonly address?: Address;
  /** Its path, with `{model}` where the name of a model stands. @default the path itself */
  readonly template?: string;
}

/** A place to ask at how many tokens a request is. */
export interface CountRoute {
  readonly kind: "count";
  readonly method: "POST";
  readonly dialect: CountDialect;
  /** What the path says and the body does not. */
  readonly address?: Address;
}

/** A place to look something up at. */
export type LookUpRoute =
  | { readonly kind: "models"; readonly method: "GET"; readonly dialect: FrontDialect }
  | { readonly kind: "model"; readonly method: "GET"; readonly dialect: FrontDialect; readonly id: string }
  | { readonly kind: "health"; readonly method: "GET"; readonly dialect: FrontDialect };

/** A place of an answer that was kept. */
export interface KeptRoute {
  readonly kind: "kept";
  readonly method: "GET" | "DELETE";
  readonly dialect: FrontDialect;
  readonly id: string;
  /** What of it is asked for. @default the answer itself */
  readonly part?: "input_items";
}

/** What a method at a path below the mount path stands for. */
export type Route = ChatRoute | CountRoute | LookUpRoute | KeptRoute;

const fixed: ReadonlyMap<string, readonly Route[]> = new Map<string, readonly Route[]>([
  ["/v1/chat/completions", [{ kind: "chat", method: "POST", dialect: openaiChat }]],
  ["/v1/completions", [{ kind: "chat", method: "POST", dialect: openaiCompletions, operation: "text_completion" }]],
  ["/v1/embeddings", [{ kind: "chat", method: "POST", dialect: openaiEmbeddings, operation: "embeddings" }]],
  ["/v1/responses", [{ kind: "chat", method: "POST", dialect: openaiResponses }]],
  ["/v1/responses/input_tokens", [{ kind: "count", method: "POST", dialect: responsesCount }]],
  ["/v1/messages", [{ kind: "chat", method: "POST", dialect: anthropicMessages }]],
  ["/v1/messages/count_tokens", [{ kind: "count", method: "POST", dialect: anthropicCount }]],
  ["/v1/health", [{ kind: "health", method: "GET", dialect: openaiChat }]],
]);

/** The paths of a method's routes, for hosts that name theirs one by one; `:id` stands for one segment. */
export const routePaths = (method: Method): string[] => [
  ...[...fixed].filter(([, routes]) => routes.some((route) => route.method === method)).map(([path]) => path),
  ...keptPaths(method),
  ...modelPaths(method),
];

/** Every route as people write it: `POST /v1/messages`. */
export const routeNames = (): string[] => [
  ...[...fixed].flatMap(([path, routes]) => routes.map(({ method }) => `${method} ${path}`)),
  ...keptRouteNames,
  ...modelRouteNames,
];

/** The routes of a path, one for each method; none where the path is not the gateway's. */
export const findRoutes = (path: string): readonly Route[] =>
  fixed.get(path) ?? findKeptRoutes(path) ?? findModelRoutes(path);

/** The one of a path's routes that answers a method. A HEAD is answered where a GET is. */
export const routeFor = (routes: readonly Route[], method: string): Route | undefined => {
  const asked = method === "HEAD" ? "GET" : method;
  return routes.find((route) => route.method === asked);
};

/** Whether the gateway answers this; everything else is the host's own. */
export const isOurs = (method: string, path: string): boolean => routeFor(findRoutes(path), method) !== undefined;
