// What the gateway itself says about each call. Letting configuration say otherwise would break framing, send a key to
// where it does not belong, or ask for an encoding that is then not undone.
const reserved: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "cookie",
  "host",
  "content-length",
  "content-type",
  "content-encoding",
  "accept",
  "accept-encoding",
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

const legalName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const legalValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether this can be the name of a header that carries a key. */
export const isHeaderName = (name: unknown): name is string => typeof name === "string" && legalName.test(name);

/**
 * The `headers` of a provider, names in lower case.
 *
 * @throws TypeError for a name or value that is not legal in HTTP, and for headers that the gateway sets itself.
 */
export const resolveHeaders = (headers: unknown, factory: string): Readonly<Record<string, string>> => {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    throw new TypeError(`\`headers\` of ${factory} must be an object of strings.`);
  }
  const resolved = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const option = `\`headers[${JSON.stringify(name)}]\` of ${factory}`;
    if (!legalName.test(name)) throw new TypeError(`${option} is no legal header name.`);
    if (reserved.has(name.toLowerCase())) {
      throw new TypeError(`${option} is set by the gateway itself. Keys go into \`apiKey\`.`);
    }
    // The value stays out of the message: it may be a secret.
    if (typeof value !== "string" || !legalValue.test(value)) {
      throw new TypeError(
        `${option} must be a string without line breaks, control characters or letters beyond Latin-1.`,
      );
    }
    resolved.set(name.toLowerCase(), value);
  }
  return Object.freeze(Object.fromEntries(resolved));
};
