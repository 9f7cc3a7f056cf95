import { openaiResponses } from "../../dialects/openai-responses/openai-responses.ts";
import { decodePath } from "../decode-path.ts";
import type { KeptRoute, Method } from "../routes.ts";

const list = "/v1/responses";
const inputItems = "input_items";

/** The routes of kept answers as people write them. */
export const keptRouteNames: readonly string[] = [
  `GET ${list}/{id}`,
  `DELETE ${list}/{id}`,
  `GET ${list}/{id}/${inputItems}`,
];

/** The paths of a method's routes. */
export const keptPaths = (method: Method): readonly string[] => {
  if (method === "POST") return [];
  return method === "GET" ? [`${list}/:id`, `${list}/:id/${inputItems}`] : [`${list}/:id`];
};

/** The routes of a path where a kept answer is; `undefined` for all other paths. */
export const findKeptRoutes = (path: string): readonly KeptRoute[] | undefined => {
  const [, encoded, rest] = /^\/v1\/responses\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const id = encoded === undefined ? undefined : decodePath(encoded);
  if (id === undefined) return undefined;
  const place = { kind: "kept", dialect: openaiResponses, id } as const;
  if (rest === inputItems) return [{ ...place, method: "GET", part: inputItems }];
  if (rest !== undefined) return undefined;
  return [
    { ...place, method: "GET" },
    { ...place, method: "DELETE" },
  ];
};
