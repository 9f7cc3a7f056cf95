import type { Target } from "../chat/target.ts";
import type { BackDialect, BackTarget, EncodedRequest } from "../dialects/dialect.ts";
import { UpstreamError } from "../errors.ts";
import { createContextKey, type Context, type ContextKey } from "../pipeline/context.ts";
import type { TransportRequest } from "../transport/transport.ts";
import { version } from "../version.ts";
import type { AuthorizeRequest, Provider } from "./provider.ts";
import { factsOf } from "./target-facts.ts";

/** Parameters the target lacks and that were left out, by the client's names. */
export const droppedKey: ContextKey<readonly string[]> = createContextKey("dropped parameters");

const userAgent = `llm-gateway/${version}`;

/** What shows a provider who is asking: its key, or what makes the headers; nothing where it asks for neither. */
export type Credential = string | AuthorizeRequest | undefined;

/** What to send to a target, in its provider's dialect and with the provider's key or signature. */
export const writeRequest = (
  context: Context,
  target: Target,
  provider: Provider,
  dialect: Pick<BackDialect, "encodeRequest">,
  credential: Credential,
  unsupported: "drop" | "refuse" | undefined,
): Pick<TransportRequest, "url" | "headers"> & Pick<EncodedRequest, "body"> => {
  const { request } = context;
  const encoded = dialect.encodeRequest(request, toBackTarget(context, target, provider, unsupported));
  const features = Object.keys(request.featureHeaders ?? {});
  const { featuresInBody = [] } = encoded;
  const lost = features.filter((name) => encoded.headers?.[name] === undefined && !featuresInBody.includes(name));
  const dropped = lost.length === 0 ? encoded.dropped : [...encoded.dropped, ...lost];
  // What an earlier target dropped says nothing of this one.
  if (dropped.length > 0 || context.get(droppedKey) !== undefined) context.set(droppedKey, dropped);
  const headers = {
    "content-type": "application/json",
    accept: request.stream ? "text/event-stream" : "application/json",
    "user-agent": userAgent,
    ...encoded.headers,
    ...provider.headers,
    ...joined(features, encoded.headers, provider.headers),
    ...(typeof credential === "string" ? keyHeaders(provider, credential) : undefined),
  };
  const url = addressOf(provider, encoded.path, credential);
  const { body } = encoded;
  if (typeof credential !== "function") return { url, headers, body };
  const shown = credential({ method: "POST", url, headers, body }, context.clock.wall());
  return { url, headers: { ...headers, ...shown }, body };
};

/** What a dialect needs to know of who will be asked. */
export const toBackTarget = (
  context: Context,
  target: Target,
  provider: Provider,
  unsupported: "drop" | "refuse" | undefined,
): BackTarget => ({
  ...factsOf(context, { provider, target }),
  ...(unsupported === undefined ? {} : { unsupported }),
});

const addressOf = ({ baseURL, query, auth }: Provider, path: string, credential: Credential): string => {
  let url = baseURL + path;
  if (query !== undefined) url += (url.includes("?") ? "&" : "?") + query;
  if (auth.type !== "query" || typeof credential !== "string") return url;
  return `${url}${url.includes("?") ? "&" : "?"}${auth.name}=${encodeURIComponent(credential)}`;
};

/** Lists that the client has written as well as the operator: the features of both are on. */
const joined = (
  names: readonly string[],
  clients: Readonly<Record<string, string>> = {},
  operators: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const both = names.filter((name) => clients[name] !== undefined && operators[name] !== undefined);
  return Object.fromEntries(both.map((name) => [name, `${clients[name]},${operators[name]}`]));
};

/** What the provider is to be shown; a promise only where it has to be waited for. */
export const credentialOf = (
  { apiKey, auth, id }: Provider,
  clock: Context["clock"],
): Credential | Promise<Credential> => {
  const failed = (cause: unknown): never => {
    throw new UpstreamError("upstream_auth_failed", `The credentials of ${id} failed.`, { provider: id, cause });
  };
  try {
    const credential = auth.type === "credentials" ? auth.authorizer(clock.wall()) : apiKey?.();
    return typeof credential === "object" ? credential.catch(failed) : credential;
  } catch (cause) {
    return failed(cause);
  }
};

const keyHeaders = ({ auth }: Provider, key: string): Readonly<Record<string, string>> => {
  if (auth.type === "none" || auth.type === "query") return {};
  // In an explanation something stands for what credentials would make.
  if (auth.type === "credentials") return { authorization: key };
  return auth.type === "bearer"
    ? { authorization: `Bearer ${key}` }
    : { [auth.name]: auth.scheme === undefined ? key : `${auth.scheme} ${key}` };
};
