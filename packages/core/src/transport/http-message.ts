import type { Dispatcher } from "undici";
import type { TransportRequest } from "./transport.ts";

/** Headers as undici gives them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

type Address = Required<Pick<Dispatcher.DispatchOptions, "origin" | "path">>;

// A gateway asks the same few URLs over and over, and parsing one costs as much as all else that is done here.
const addresses = new Map<string, Address>();
const maxAddresses = 1024;

/**
 * The request in undici's terms.
 *
 * @throws TypeError where the URL is not absolute.
 */
export const toDispatchOptions = (request: TransportRequest): Dispatcher.DispatchOptions => {
  const { method, headers, body = null } = request;
  const { origin, path } = addresses.get(request.url) ?? parseAddress(request.url);
  const list: string[] = [];
  for (const name of Object.keys(headers)) list.push(name, headers[name] ?? "");
  // A compressed stream comes in the compressor's own portions, which is late.
  if (headers["accept-encoding"] === undefined) list.push("accept-encoding", "identity");
  return { origin, path, method, headers: list, body };
};

const parseAddress = (url: string): Address => {
  const parsed = URL.parse(url);
  // The URL itself stays out of the message: its query may hold a key.
  if (parsed === null) throw new TypeError("The URL of a provider request must be absolute.");
  const address = { origin: parsed.origin, path: parsed.pathname + parsed.search };
  if (addresses.size >= maxAddresses) addresses.clear();
  addresses.set(url, address);
  return address;
};

/** Headers with one value each. */
export const flattenHeaders = (headers: ResponseHeaders): Record<string, string> => {
  const flat: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    // Assigning to `__proto__` would not make a header.
    if (value === undefined || name === "__proto__") continue;
    flat[name] = typeof value === "string" ? value : value.join(", ");
  }
  return flat;
};
