import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { ownPathOf, pathOf } from "./request-path.ts";
import { routePaths } from "./routes.ts";

/** Without these there is nothing to parse. */
const bodyHeaders: ReadonlySet<string> = new Set(["content-type", "content-length", "transfer-encoding"]);

const hidden = new WeakMap<IncomingMessage, IncomingHttpHeaders>();

/**
 * Middleware for hosts whose body parsers come before the gateway: it takes from the gateway's requests the headers by
 * which a parser knows that there is a body, until `showBody` gives them back. So the gateway gets the client's own bytes,
 * and its own limits hold. A body with a `content-encoding` is left to the parser, which may inflate it.
 *
 * @param mounts Returns the paths below which the gateway is served, like `/tenants/:tenant/llm`; `:tenant` stands for one
 *   segment. Called once, with the first request, as a host may settle them after its middleware.
 *
 * @example
 * server.use(hideBodies(() => ["/llm"]));
 */
export const hideBodies = (
  mounts: () => readonly string[],
): ((request: IncomingMessage, response: unknown, next: () => void) => void) => {
  let patterns: readonly Pattern[] | undefined;
  return (request, _response, next) => {
    patterns ??= mounts().flatMap((mount) => routePaths("POST").map((path) => patternOf(mount + path)));
    if (request.method === "POST" && !isEncoded(request) && matchesAny(patterns, request) && ownPathOf(request)) {
      hide(request);
    }
    next();
  };
};

/** Gives a request back what `hideBodies` took from it, before the gateway is asked. */
export const showBody = (request: IncomingMessage): void => void Object.assign(request.headers, hidden.get(request));

const hide = (request: IncomingMessage): void => {
  // Where the middleware is there twice, the second finds nothing.
  if (hidden.has(request)) return;
  const taken = Object.entries(request.headers).filter(([name]) => bodyHeaders.has(name));
  hidden.set(request, Object.fromEntries(taken));
  for (const [name] of taken) delete request.headers[name];
};

const isEncoded = ({ headers }: IncomingMessage): boolean => (headers["content-encoding"] ?? "identity") !== "identity";

/** The segments of a path. */
type Pattern = readonly string[];

const patternOf = (path: string): Pattern => path.split("/").filter((segment) => segment !== "");

const matchesAny = (patterns: readonly Pattern[], { url = "/" }: IncomingMessage): boolean => {
  const [, ...segments] = pathOf(url).split("/");
  return patterns.some(
    (pattern) =>
      pattern.length === segments.length &&
      pattern.every((expected, index) => expected.startsWith(":") || expected === segments[index]),
  );
};
