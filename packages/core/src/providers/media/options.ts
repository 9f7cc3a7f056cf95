import { checkCount, checkKnown, checkMs } from "../../check-options.ts";

/** What the gateway fetches for clients that give images and files by their address, where a provider takes only data. */
export interface MediaOptions {
  /**
   * Hosts that may be fetched from, over https: `images.example.com`, `*.example.com` for all below it, or `*` for
   * every host of the public internet. Addresses of private networks are never connected to.
   */
  readonly allowHosts: readonly string[];
  /** Most bytes of all files of one request together. @default 20_971_520 */
  readonly maxBytes?: number;
  /** Most files for one request. @default 16 */
  readonly maxFiles?: number;
  /** How long one file may take, in milliseconds. @default 10_000 */
  readonly timeoutMs?: number;
}

export interface MediaSettings {
  readonly allows: (url: URL) => boolean;
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly timeoutMs: number;
}

const defaults = { maxBytes: 20 * 1024 * 1024, maxFiles: 16, timeoutMs: 10_000 };

/**
 * Options with their defaults, checked.
 *
 * @throws TypeError naming the option that is wrong and how to mend it.
 */
export const resolveMediaOptions = (options: MediaOptions): MediaSettings => {
  checkKnown(options, "media", ["allowHosts", ...Object.keys(defaults)]);
  const { allowHosts, ...rest } = options;
  const { maxBytes, maxFiles, timeoutMs } = { ...defaults, ...rest };
  if (!Array.isArray(allowHosts) || allowHosts.length === 0) {
    throw new TypeError("`media.allowHosts` must name the hosts that may be fetched from, at least one.");
  }
  const allowed = allowHosts.map(toMatcher);
  checkCount(maxBytes, "media.maxBytes");
  checkCount(maxFiles, "media.maxFiles");
  checkMs(timeoutMs, "media.timeoutMs");
  return {
    allows: (url) => isPlain(url) && allowed.some((matches) => matches(url.hostname)),
    maxBytes,
    maxFiles,
    timeoutMs,
  };
};

const toMatcher = (host: unknown): ((hostname: string) => boolean) => {
  if (host === "*") return () => true;
  const name = typeof host === "string" ? host.replace(/^\*\./, "") : "";
  const hostname = URL.parse(`https://${name}`)?.hostname;
  if (hostname === undefined || hostname !== name.toLowerCase() || hostname.includes("*")) {
    throw new TypeError(
      `\`media.allowHosts\` must hold host names like "images.example.com" or "*.example.com", or "*", got ${JSON.stringify(host)}.`,
    );
  }
  return host === name ? (given) => given === hostname : (given) => given.endsWith(`.${hostname}`);
};

/** Nothing in an address may say more than where the file is: no other port, no name and password. */
const isPlain = ({ protocol, port, username, password }: URL): boolean =>
  protocol === "https:" && port === "" && username === "" && password === "";
