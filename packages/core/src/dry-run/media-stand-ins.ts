import type { MediaSource } from "../chat/message.ts";
import type { MediaPart } from "../dialects/media-address.ts";
import { deriveContext, requireValue, type Context } from "../pipeline/context.ts";
import { callSettingsKey } from "../providers/call-settings.ts";
import type { Callee } from "../providers/callee.ts";
import { addressesIn, withData } from "../providers/media/media-in-request.ts";
import { toBackTarget } from "../providers/write-request.ts";

const mediaTypes: Readonly<Record<MediaPart["type"], string>> = {
  image: "image/png",
  audio: "audio/wav",
  file: "text/plain",
};

/** A dry run fetches nothing: the request with something in the place of each file that would be fetched. */
export const withStandIns = (context: Context, { target, provider, dialect }: Callee): Context => {
  const { media, unsupported } = requireValue(context, callSettingsKey);
  if (media === undefined) return context;
  const addresses = addressesIn(context.request, dialect, toBackTarget(context, target, provider, unsupported));
  if (addresses.size === 0) return context;
  const standIns = [...addresses].map(([address, { type }]): [string, MediaSource] => {
    const data = Buffer.from(`[fetched from ${address}]`).toString("base64");
    return [address, { type: "base64", mediaType: mediaTypes[type], data }];
  });
  return deriveContext(context, { request: withData(context.request, new Map(standIns)) });
};
