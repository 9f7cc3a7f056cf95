import type { Target } from "../chat/target.ts";
import type { EncodedRequest } from "../dialects/dialect.ts";
import { UpstreamError } from "../errors.ts";
import { createContextKey, type Context, type ContextKey } from "../pipeline/context.ts";
import type { TransportRequest } from "../transport/transport.ts";
import { version } from "../version.ts";
import { modelFacts } from "./catalog.ts";
import type { Provider } from "./provider.ts";
import { registryKey } from "./registry.ts";

/** Parameters the target lacks and that were left out, by the client's names. */
export const droppedKey: ContextKey<readonly string[]> = createContextKey("dropped parameters");

const userAgent = `llm-gateway/${version}`;

/** What to send to a target, in its provider's dialect and with the provider's key. */
export const writeRequest = (
  context: Context,
  target: Target,
  provider: Provider,
  key: string | undefined,
  unsupported: "drop" | "refuse" | undefined,
): Pick<TransportRequest, "url" | "headers"> & Pick<EncodedRequest, "body"> => {
  const { request } = context;
  const model = context.get(registryKey)?.model(target);
  const encoded = provider.dialect.encodeRequest(request, {
    provider: provider.id,
    model: target.model,
    quirks: provider.quirks,
    ...(model === undefined ? {} : { info: modelFacts(model) }),
    ...(unsupported === undefined ? {} : { unsupported }),
  });
  // What an earlier target dropped says nothing of this one.
  if (encoded.dropped.length > 0 || context.get(droppedKey) !== undefined) context.set(droppedKey, encoded.dropped);
  const headers = {
    "content-type": "application/json",
    accept: request.stream ? "text/event-stream" : "application/json",
    "user-agent": userAgent,
    ...encoded.headers,
    ...provider.headers,
    ...credentials(provider, key),
  };
  return { url: provider.baseURL + encoded.path, headers, body: encoded.body };
};

/** The provider's key; a promise only where it has to be waited for. */
export const keyOf = ({ apiKey, id }: Provider): string | undefined | Promise<string> => {
  const failed = (cause: unknown): never => {
    throw new UpstreamError("upstream_auth_failed", `The \`apiKey\` function of ${id} failed.`, {
      provider: id,
      cause,
    });
  };
  try {
    const key = apiKey?.();
    return typeof key === "object" ? key.catch(failed) : key;
  } catch (cause) {
    return failed(cause);
  }
};

const credentials = ({ auth }: Provider, key: string | undefined): Readonly<Record<string, string>> => {
  if (auth.type === "none" || key === undefined) return {};
  return auth.type === "bearer"
    ? { authorization: `Bearer ${key}` }
    : { [auth.name]: auth.scheme === undefined ? key : `${auth.scheme} ${key}` };
};
