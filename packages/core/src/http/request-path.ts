import type { IncomingMessage } from "node:http";
import { isOurs } from "./routes.ts";

/** The path of a request target, also of an absolute one. */
export const pathOf = (url: string): string => {
  const path = url.startsWith("/") ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
};

/**
 * The gateway's path at the end of a request's own, for hosts that do not take off what they have put in front.
 *
 * @returns `undefined` where the gateway has no such path, or not for the request's method.
 */
export const ownPathOf = ({ method = "GET", url = "/" }: IncomingMessage): string | undefined => {
  const path = pathOf(url);
  for (let start = path.indexOf("/"); start !== -1; start = path.indexOf("/", start + 1)) {
    const end = path.slice(start);
    if (isOurs(method, end)) return end;
  }
  return undefined;
};
