import { isIPv6 } from "node:net";

/** Whether a host name, as `URL.hostname` gives it, always means this machine. */
export const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);

export interface BaseURLSource {
  /** What messages call the value: "`baseURL` of openai()", "OPENAI_BASE_URL". */
  readonly name: string;
  /** Plain http to other machines is wanted. */
  readonly allowHttp: boolean;
}

/**
 * A base URL in its plain form: absolute, without credentials, query, hash and trailing slash.
 *
 * @throws TypeError naming the value and how to mend it. It repeats nothing of a URL that may hold a password.
 */
export const resolveBaseURL = (value: unknown, { name, allowHttp }: BaseURLSource): string => {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError(`${name} must be an absolute URL like "https://api.example.com/v1".`);
  }
  if (url.username !== "" || url.password !== "" || /[?#@]/.test(String(value))) {
    throw new TypeError(`${name} must be a plain URL: no credentials, no "?" and no "#". Keys go into \`apiKey\`.`);
  }
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url.hostname)) {
    throw new TypeError(
      `${name} must be https, because ${url.host} is another machine and keys and prompts would travel in the clear. ` +
        "Where that is meant, pass `baseURL` with `allowHttp: true`.",
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
};

/**
 * Adds the path that a provider's own software appends by itself, so that people leave it out of the variable. A URL
 * that already ends in an API version is complete.
 */
export const withBasePath = (baseURL: string, path: string): string =>
  /\/v\d[a-z0-9]*$/.test(baseURL) ? baseURL : baseURL + path;

/**
 * What `OLLAMA_HOST` and its like mean as a URL: `host`, `host:port`, `:port` or a URL, in quotes or not. An
 * address to listen on (`0.0.0.0`) is this machine.
 */
export const hostToURL = (value: string, defaultPort: string): string => {
  const host = value.replaceAll(/^["'\s]+|["'\s]+$/g, "");
  const complete = host.includes("://");
  const bare = isIPv6(host) ? `[${host}]` : host.startsWith(":") ? `127.0.0.1${host}` : host;
  const url = URL.parse(complete ? host : `http://${bare}`);
  // Left as it is for resolveBaseURL to refuse.
  if (url === null) return value;
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  // URL shows :80 of http as no port at all.
  if (!complete && url.port === "" && !/:80\/?$/.test(bare)) url.port = defaultPort;
  return url.href;
};
