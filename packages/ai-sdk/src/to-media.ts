import {
  NoSuchProviderReferenceError,
  UnsupportedFunctionalityError,
  type LanguageModelV4FilePart,
} from "@ai-sdk/provider";
import type { AudioPart, FilePart, ImagePart, MediaSource } from "@llm-gateway/core";
import { ownFields, providerName } from "./own.ts";
import { present } from "./present.ts";

/**
 * A file of a prompt or of a tool's result.
 *
 * @throws NoSuchProviderReferenceError where it is a reference to a file of other providers only.
 * @throws UnsupportedFunctionalityError where nobody knows of what media type the data are.
 */
export const toMedia = (part: Omit<LanguageModelV4FilePart, "type">): ImagePart | AudioPart | FilePart => {
  const { mediaType, providerOptions } = part;
  const source = toSource(part);
  if (source.type !== "text" && mediaType.startsWith("image")) {
    return { type: "image", source, ...ownFields<ImagePart>(providerOptions, ["cacheHint", "detail"]) };
  }
  if (source.type !== "text" && mediaType.startsWith("audio")) {
    return { type: "audio", source, ...ownFields<AudioPart>(providerOptions, ["cacheHint"]) };
  }
  const own = ownFields<FilePart>(providerOptions, ["cacheHint", "citations", "context", "title"]);
  return { type: "file", source, ...present({ filename: part.filename }), ...own };
};

const toSource = ({ data, mediaType }: Pick<LanguageModelV4FilePart, "data" | "mediaType">): MediaSource => {
  // A prompt may say no more than `image` or `image/*`, which is no media type to a provider.
  const known = /^[^/]+\/[^*]/.test(mediaType) ? { mediaType } : {};
  switch (data.type) {
    case "url":
      return { type: "url", url: data.originalUrl ?? data.url.href, ...known };
    case "text":
      return { type: "text", text: data.text, ...known };
    case "reference": {
      const fileId = data.reference[providerName];
      if (fileId === undefined) {
        throw new NoSuchProviderReferenceError({ provider: providerName, reference: data.reference });
      }
      return { type: "file-id", fileId, ...known };
    }
    case "data":
      if (known.mediaType === undefined) {
        throw new UnsupportedFunctionalityError({
          functionality: `files of media type ${mediaType}`,
          message: `Give the file its full media type, such as "audio/mpeg": nobody can tell it from ${JSON.stringify(mediaType)}.`,
        });
      }
      return { type: "base64", mediaType, data: toBase64(data.data) };
  }
};

const toBase64 = (data: Uint8Array | string): string =>
  typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
