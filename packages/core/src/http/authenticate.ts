import { createHash, timingSafeEqual } from "node:crypto";
import { GatewayError } from "../errors.ts";
import type { Logger, Principal } from "../pipeline/context.ts";
import type { Incoming } from "./exchange.ts";

/** What `authenticate` may look at. */
export interface AuthenticateRequest<Raw = unknown> {
  readonly method: string;
  /** Below the mount path. */
  readonly path: string;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The key the client sent, as its SDK sends it: bearer token, `x-api-key`, `x-goog-api-key` or `?key=`. */
  readonly credential: string | undefined;
  readonly remoteAddress: string | undefined;
  /** The host's own request: `request.raw.user` is whoever the host's own middleware found. */
  readonly raw: Raw;
}

type Found = Principal | null | undefined;

/** Decides who asks. `null` or `undefined` answers 401; a thrown error answers 503. */
export type Authenticate<Raw = unknown> = (request: AuthenticateRequest<Raw>) => Found | Promise<Found>;

/**
 * Opens the gateway to everybody who can reach it. Name it where you mean it: whoever finds the address spends your
 * money.
 */
export const allowAnyone = (): Authenticate => () => ({ id: "anonymous" });

const digest = (key: string): Buffer => createHash("sha256").update(key).digest();

/** Bearer keys from configuration, compared as digests so that the time taken tells nothing. */
const authenticateByKeys = (keys: readonly string[]): Authenticate => {
  const known = keys.map((key) => {
    const hash = digest(key);
    return { hash, principal: { id: `key-${hash.toString("hex").slice(0, 12)}` } };
  });
  return ({ credential }) => {
    if (credential === undefined) return undefined;
    const given = digest(credential);
    let found: Principal | undefined;
    for (const { hash, principal } of known) if (timingSafeEqual(hash, given)) found = principal;
    return found;
  };
};

const loopbackAddress = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;
const loopbackHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;

const localOnly =
  "No one may call this gateway yet: it runs in local mode, which serves only this machine itself. " +
  "Pass `authenticate`, or set LLM_GATEWAY_KEYS, to let others in.";

/**
 * Serves only callers on this machine: a loopback peer, no trace of a proxy, and a `host` that names loopback, so that
 * neither a forgotten reverse proxy nor a web page with a rebound name gets in.
 */
const authenticateLocally: Authenticate = ({ header, remoteAddress }) => {
  const local =
    remoteAddress !== undefined &&
    loopbackAddress.test(remoteAddress) &&
    loopbackHost.test(header("host") ?? "") &&
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"].every(
      (name) => header(name) === undefined,
    );
  if (!local) throw new GatewayError("invalid_api_key", localOnly);
  return { id: "local" };
};

/**
 * Who decides: the option, else the keys of the environment, else local mode.
 *
 * @throws TypeError where nothing decides and the process runs in production.
 */
export const resolveAuthenticate = (
  option: Authenticate | undefined,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Authenticate => {
  if (option !== undefined) {
    if (typeof option !== "function") {
      throw new TypeError(
        "`authenticate` must be a function that returns `{ id }` or null; allowAnyone() opens the gateway.",
      );
    }
    return option;
  }
  const keys = (env["LLM_GATEWAY_KEYS"] ?? "")
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "");
  if (keys.length > 0) return authenticateByKeys(keys);
  if (env["NODE_ENV"] === "production") {
    throw new TypeError(
      "Say who may call the gateway: pass `authenticate`, or set LLM_GATEWAY_KEYS to comma-separated keys. " +
        "`authenticate: allowAnyone()` opens it to everybody.",
    );
  }
  let warned = false;
  return (request) => {
    if (!warned)
      logger.warn(
        "Local mode: only this machine is served, because neither `authenticate` nor LLM_GATEWAY_KEYS is set.",
      );
    warned = true;
    return authenticateLocally(request);
  };
};

/** The key of a request, in whichever way the client's SDK sends it. */
const credentialOf = (incoming: Incoming): string | undefined => {
  const bearer = /^bearer +(\S+) *$/i.exec(incoming.header("authorization") ?? "");
  return bearer?.[1] ?? incoming.header("x-api-key") ?? incoming.header("x-goog-api-key") ?? incoming.query("key");
};

/**
 * Finds the principal of a request.
 *
 * @throws GatewayError `invalid_api_key`, or `dependency_unavailable` where `authenticate` itself failed.
 */
export const findPrincipal = (incoming: Incoming, authenticate: Authenticate): Principal | Promise<Principal> => {
  try {
    const found = authenticate(new AskedRequest(incoming));
    return isPromise(found) ? Promise.resolve(found).then(checked).catch(failed) : checked(found);
  } catch (cause) {
    return failed(cause);
  }
};

/** The request as `authenticate` sees it. A class, because what most of them never look at is only made when asked for. */
class AskedRequest implements AuthenticateRequest {
  readonly method: string;
  readonly path: string;
  readonly header: AuthenticateRequest["header"];
  readonly raw: unknown;
  readonly #incoming: Incoming;

  constructor(incoming: Incoming) {
    this.method = incoming.method;
    this.path = incoming.path;
    this.header = incoming.header;
    this.raw = incoming.raw;
    this.#incoming = incoming;
  }

  get credential(): string | undefined {
    return credentialOf(this.#incoming);
  }

  get remoteAddress(): string | undefined {
    return this.#incoming.remoteAddress;
  }
}

// A host's own promise need not be ours.
const isPromise = (found: ReturnType<Authenticate>): found is Promise<Found> =>
  typeof found === "object" && found !== null && "then" in found;

const failed = (cause: unknown): never => {
  if (GatewayError.is(cause)) throw cause;
  throw new GatewayError("dependency_unavailable", "The gateway could not find out who is asking.", { cause });
};

const checked = (principal: Found): Principal => {
  if (principal === null || principal === undefined) {
    throw new GatewayError("invalid_api_key", "This gateway does not know the key of the request, or there is none.");
  }
  const { id, tenant } = principal;
  if (typeof id !== "string" || id === "" || (tenant !== undefined && typeof tenant !== "string")) {
    throw new GatewayError("dependency_unavailable", "The gateway could not find out who is asking.", {
      cause: new TypeError("`authenticate` must return `{ id, tenant? }` with strings, the id not empty, or null."),
    });
  }
  return principal;
};
