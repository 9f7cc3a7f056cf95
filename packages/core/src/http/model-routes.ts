import type { FrontDialect } from "../dialects/dialect.ts";
import { gemini, geminiArray, geminiCount } from "../dialects/gemini/gemini.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { decodePath } from "./decode-path.ts";
import type { Method, Route } from "./routes.ts";

/** Where models are listed, and below which each has its place: each API's clients look for them in its own form. */
const lists: readonly { readonly path: string; readonly dialect: FrontDialect }[] = [
  { path: "/v1/models", dialect: openaiChat },
  { path: "/v1beta/models", dialect: gemini },
];

/** What Gemini's clients do with a model, by the verb after its name. They do it below both versions of the API. */
const verbs: ReadonlyMap<string, (model: string) => Route> = new Map<string, (model: string) => Route>([
  [
    "generateContent",
    (model) => ({ kind: "chat", method: "POST", dialect: gemini, address: { model, stream: false } }),
  ],
  [
    "streamGenerateContent",
    (model) => ({ kind: "chat", method: "POST", dialect: geminiArray, sse: gemini, address: { model, stream: true } }),
  ],
  [
    "countTokens",
    (model) => ({ kind: "count", method: "POST", dialect: geminiCount, address: { model, stream: false } }),
  ],
]);

/** The routes of models as people write them. */
export const modelRouteNames: readonly string[] = lists.flatMap(({ path }) => [
  `GET ${path}`,
  `GET ${path}/{model}`,
  ...[...verbs.keys()].map((verb) => `POST ${path}/{model}:${verb}`),
]);

/** Some clients leave `models` out where the name of a model holds a slash, as ours do. */
const bare = "/v1beta";

// Hosts that name paths one by one agree on no wildcard. Names with more slashes come through those with them encoded.
const segments = [":id", ":id/:id2", ":id/:id2/:id3", ":id/:id2/:id3/:id4"];

/** The paths of a method's routes. A model's name may hold slashes, so that it may be several segments. */
export const modelPaths = (method: Method): readonly string[] => {
  if (method === "DELETE") return [];
  return lists.flatMap(({ path }) => [
    ...(method === "GET" ? [path] : []),
    ...segments.map((segment) => `${path}/${segment}`),
    ...(method === "POST" && path.startsWith(`${bare}/`)
      ? segments.slice(1).map((segment) => `${bare}/${segment}`)
      : []),
  ]);
};

/** The routes of a path where models are: all of them, `{model}:{verb}`, or without a verb the model itself. */
export const findModelRoutes = (path: string): readonly Route[] => {
  for (const { path: list, dialect } of lists) {
    if (path === list) return [{ kind: "models", method: "GET", dialect }];
    if (path.startsWith(`${list}/`)) return routesOf(list, path.slice(list.length + 1), dialect);
  }
  const name = path.startsWith(`${bare}/`) ? decodePath(path.slice(bare.length + 1)) : undefined;
  const route = name?.includes("/") === true ? verbRoute(bare, name) : undefined;
  return route === undefined ? [] : [route];
};

const routesOf = (list: string, encoded: string, dialect: FrontDialect): readonly Route[] => {
  const name = decodePath(encoded);
  if (name === undefined) return [];
  const route = verbRoute(list, name);
  if (route !== undefined) return [route];
  // Of the API's other verbs none is served here. Tags of models (`llama3:8b`) are not written like this.
  if (/.:[a-z]+([A-Z][a-z]+)+$/.test(name)) return [];
  return [{ kind: "model", method: "GET", dialect, id: name }];
};

const verbRoute = (list: string, name: string): Route | undefined => {
  // A model's own name may hold a colon, too.
  const colon = name.lastIndexOf(":");
  if (colon < 1) return undefined;
  const verb = name.slice(colon + 1);
  const route = verbs.get(verb)?.(name.slice(0, colon));
  return route?.kind === "chat" ? { ...route, template: `${list}/{model}:${verb}` } : route;
};
