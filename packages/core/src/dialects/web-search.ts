import type { WebSearch } from "../chat/request.ts";
import type { Json } from "./dialect.ts";
import { isObject, numberIn, objectIn, present, restOf, stringIn } from "./fields.ts";
import type { Losses } from "./losses.ts";

const fields = new Set(["allowed_domains", "blocked_domains", "max_uses", "user_location", "search_context_size"]);
const places: ReadonlySet<string> = new Set(["type", "city", "region", "country", "timezone"]);

/**
 * The meaning of a tool that searches the web, from its settings under the names that most dialects have for them.
 * `undefined` where there are others: what they mean would be lost.
 */
export const readWebSearch = (settings: Json): WebSearch | undefined => {
  const location = objectIn(settings, "user_location") ?? {};
  if (restOf(settings, fields) !== undefined || restOf(location, places) !== undefined) return undefined;
  const where = present({
    city: stringIn(location, "city"),
    region: stringIn(location, "region"),
    country: stringIn(location, "country"),
    timezone: stringIn(location, "timezone"),
  });
  return present({
    allowedDomains: domainsIn(settings, "allowed_domains"),
    blockedDomains: domainsIn(settings, "blocked_domains"),
    maxUses: numberIn(settings, "max_uses"),
    location: Object.keys(where).length === 0 ? undefined : where,
    contextSize: stringIn(settings, "search_context_size"),
  });
};

const domainsIn = (settings: Json, name: string): readonly string[] | undefined => {
  const domains = settings[name];
  return Array.isArray(domains) && domains.length > 0 ? domains.map(String) : undefined;
};

/** The settings under those names, as far as a target has them; those it lacks are named. */
export const writeWebSearch = (
  { allowedDomains, blockedDomains, maxUses, location, contextSize }: WebSearch,
  has: readonly (keyof WebSearch)[],
  losses: Losses,
): Json => {
  const of = <T>(name: keyof WebSearch, value: T | undefined, lose: () => void): T | undefined => {
    if (value === undefined || has.includes(name)) return value;
    lose();
    return undefined;
  };
  const held = (): void => losses.meaning("tools", "its search of the web can not be held to some domains");
  return present({
    allowed_domains: of("allowedDomains", allowedDomains, held),
    blocked_domains: of("blockedDomains", blockedDomains, held),
    max_uses: of("maxUses", maxUses, () => losses.tuning("max_uses")),
    user_location: of("location", location && { type: "approximate", ...location }, () =>
      losses.tuning("user_location"),
    ),
    search_context_size: of("contextSize", contextSize, () => losses.tuning("search_context_size")),
  });
};

/** Whether a request lets its model search the web, in words that have counterparts elsewhere. */
export const searchesWeb = ({ tools = [] }: { readonly tools?: readonly object[] }): boolean =>
  tools.some((tool) => "search" in tool && isObject(tool.search));
