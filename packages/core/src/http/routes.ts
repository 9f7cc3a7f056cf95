import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { FrontDialect } from "../dialects/dialect.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";

/** What a path below the mount path stands for. */
export type Route =
  | { readonly kind: "chat"; readonly method: "POST"; readonly dialect: FrontDialect }
  | { readonly kind: "models"; readonly method: "GET"; readonly dialect: FrontDialect }
  | { readonly kind: "model"; readonly method: "GET"; readonly dialect: FrontDialect; readonly id: string }
  | { readonly kind: "health"; readonly method: "GET"; readonly dialect: FrontDialect };

const fixed: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/v1/chat/completions", { kind: "chat", method: "POST", dialect: openaiChat }],
  ["/v1/messages", { kind: "chat", method: "POST", dialect: anthropicMessages }],
  ["/v1/models", { kind: "models", method: "GET", dialect: openaiChat }],
  ["/v1/health", { kind: "health", method: "GET", dialect: openaiChat }],
]);

const modelPrefix = "/v1/models/";

/** The paths of a method's routes, for hosts that name theirs one by one; `:id` stands for one segment. */
export const routePaths = (method: Route["method"]): string[] => [
  ...[...fixed].filter(([, route]) => route.method === method).map(([path]) => path),
  ...(method === "GET" ? [`${modelPrefix}:id`] : []),
];

/** The route of a path, whatever the method; `undefined` where the path is not the gateway's. */
export const findRoute = (path: string): Route | undefined => {
  const route = fixed.get(path);
  if (route !== undefined || !path.startsWith(modelPrefix)) return route;
  const encoded = path.slice(modelPrefix.length);
  try {
    const id = decodeURIComponent(encoded);
    return id === "" ? undefined : { kind: "model", method: "GET", dialect: openaiChat, id };
  } catch {
    return undefined;
  }
};

/** Whether the gateway answers this; everything else is the host's own. A HEAD is answered where a GET is. */
export const isOurs = (method: string, path: string): boolean => {
  const route = findRoute(path);
  return route !== undefined && (route.method === method || (method === "HEAD" && route.method === "GET"));
};
