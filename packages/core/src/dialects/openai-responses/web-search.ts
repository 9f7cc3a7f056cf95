import type { Json } from "../dialect.ts";
import { isObject, objectIn, present, stringIn } from "../fields.ts";

/** The hosted tool that does what Chat Completions asks for with `web_search_options`. */
export const toWebSearch = (value: unknown): Json => {
  const options = isObject(value) ? value : {};
  const location = objectIn(options, "user_location");
  const where = location === undefined ? undefined : (objectIn(location, "approximate") ?? {});
  return present({
    type: "web_search",
    search_context_size: stringIn(options, "search_context_size"),
    user_location: where === undefined ? undefined : { ...where, type: "approximate" },
  });
};
