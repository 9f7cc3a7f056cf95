import type { MediaSource } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import {
  createContextKey,
  deriveContext,
  requireValue,
  type Context,
  type ContextKey,
} from "../../pipeline/context.ts";
import { callSettingsKey, type CallSettings } from "../call-settings.ts";
import type { Callee } from "../callee.ts";
import { toBackTarget } from "../write-request.ts";
import { fetchMedia, type MediaScope } from "./fetch-media.ts";
import { addressesIn, withData } from "./media-in-request.ts";

/** What was fetched for a request, by its address: further attempts need not fetch it again. */
const fetchedKey: ContextKey<{ readonly scope: MediaScope; readonly files: Map<string, Promise<MediaSource>> }> =
  createContextKey("fetched media");

/**
 * The context with a request in which the target is given as data what it does not fetch itself, as far as the operator
 * lets the gateway fetch. The context itself where there is nothing of the kind; what may not be fetched, the dialect
 * then refuses.
 *
 * @throws GatewayError `invalid_value` where an address is not allowed, or cannot be fetched.
 */
export const withMedia = (context: Context, { target, provider, dialect }: Callee): Context | Promise<Context> => {
  const { media, unsupported } = requireValue(context, callSettingsKey);
  if (media === undefined || dialect.needsData === undefined) return context;
  const addresses = addressesIn(context.request, dialect, toBackTarget(context, target, provider, unsupported));
  if (addresses.size === 0) return context;
  const { maxFiles } = media.settings;
  if (addresses.size > maxFiles) {
    throw new GatewayError("invalid_value", `A request may hold at most ${maxFiles} files that have to be fetched.`, {
      param: "messages",
      fallback: true,
    });
  }
  return withFiles(context, [...addresses.keys()], media);
};

const withFiles = async (
  context: Context,
  addresses: readonly string[],
  media: NonNullable<CallSettings["media"]>,
): Promise<Context> => {
  const { scope, files } = context.get(fetchedKey) ?? startFetching(context, media);
  const fetchOnce = (address: string): Promise<MediaSource> => {
    const file = files.get(address) ?? fetchMedia(address, scope);
    files.set(address, file);
    return file;
  };
  const fetched = await Promise.all(
    addresses.map(async (address): Promise<[string, MediaSource]> => [address, await fetchOnce(address)]),
  );
  return deriveContext(context, { request: withData(context.request, new Map(fetched)) });
};

const startFetching = (context: Context, { settings, transport }: NonNullable<CallSettings["media"]>) => {
  const { clock, cancellation } = context;
  const left = { bytes: settings.maxBytes };
  const started = { scope: { settings, transport, clock, cancellation, left }, files: new Map() };
  context.set(fetchedKey, started);
  return started;
};
