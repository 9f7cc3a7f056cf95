import { checkOneOf } from "../check-options.ts";
import { isHeaderName } from "./provider-headers.ts";
import type { KeyAuth } from "./provider.ts";

/** How a key is shown, the header's name in lower case. @throws TypeError naming what of it cannot be. */
export const checkKeyAuth = (auth: KeyAuth, factory: string): KeyAuth => {
  checkOneOf(auth.type, `auth.type of ${factory}`, ["bearer", "header", "query", "none"]);
  if (auth.type === "bearer" || auth.type === "none") return auth;
  // The names of query parameters need nothing that those of headers have not.
  if (!isHeaderName(auth.name)) {
    throw new TypeError(
      `\`auth.name\` of ${factory} must be a ${auth.type === "query" ? "parameter" : "header"}'s name.`,
    );
  }
  if (auth.type === "query") return auth;
  if (auth.scheme !== undefined && !isHeaderName(auth.scheme)) {
    throw new TypeError(`\`auth.scheme\` of ${factory} must be a word like "Api-Key".`);
  }
  return { ...auth, name: auth.name.toLowerCase() };
};
