import { sourceFromUrl, toDataUrl } from "../../chat/media.ts";
import type { MediaSource, OpaquePart, Part } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";

/** The images that a message or a delta of the assistant holds: not in its content, but in a field that OpenRouter added. */
export const readImages = (message: Json): readonly OpaquePart[] =>
  arrayIn(message, "images").flatMap((value) => {
    const url = isObject(value) ? stringIn(objectIn(value, "image_url") ?? {}, "url") : undefined;
    return url === undefined ? [] : [{ type: "opaque", dialect: dialectId, value, image: sourceFromUrl(url) }];
  });

/** The same field for these parts; `undefined` where none is an image. */
export const writeImages = (parts: readonly Part[]): readonly unknown[] | undefined => {
  const images = parts.flatMap((part): readonly unknown[] => {
    if (part.type === "image") return writeImage(part.source);
    if (part.type !== "opaque" || part.image === undefined) return [];
    return part.dialect === dialectId ? [part.value] : writeImage(part.image);
  });
  return images.length === 0 ? undefined : images;
};

const writeImage = (source: MediaSource): readonly Json[] => {
  const url = source.type === "base64" ? toDataUrl(source) : source.type === "url" ? source.url : undefined;
  return url === undefined ? [] : [{ type: "image_url", image_url: { url } }];
};
