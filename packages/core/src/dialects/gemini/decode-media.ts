import type { AudioPart, FilePart, ImagePart, MediaSource } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present, readString, required, restOf } from "../fields.ts";
import { camelKeys } from "./keys.ts";
import { filesBase } from "./media.ts";

/** A part with media, and what the vocabulary has no words for in its own field. */
export interface DecodedMedia {
  readonly part: ImagePart | AudioPart | FilePart;
  readonly rest: Json | undefined;
}

const blobFields: ReadonlySet<string> = new Set(["mimeType", "data"]);
const fileFields: ReadonlySet<string> = new Set(["mimeType", "fileUri"]);

/** `inlineData`: bytes in the request itself. */
export const decodeInlineData = (value: Json, param: string): DecodedMedia => {
  const blob = camelKeys(value);
  const text = (name: string): string =>
    required(readString(blob[name], `${param}.${name}`), `${param}.${name}`, "a string");
  const mediaType = text("mimeType");
  return media({ type: "base64", mediaType, data: text("data") }, mediaType, restOf(blob, blobFields));
};

/** `fileData`: an address, or a file that was uploaded to the provider. */
export const decodeFileData = (value: Json, param: string): DecodedMedia => {
  const file = camelKeys(value);
  const uri = required(readString(file["fileUri"], `${param}.fileUri`), `${param}.fileUri`, "an address");
  const mediaType = readString(file["mimeType"], `${param}.mimeType`);
  const source: MediaSource = uri.startsWith(`${filesBase}files/`)
    ? present({ type: "file-id", fileId: uri.slice(filesBase.length), mediaType })
    : present({ type: "url", url: uri, mediaType });
  return media(source, mediaType, restOf(file, fileFields));
};

const media = (source: MediaSource, mediaType = "", rest: Json | undefined): DecodedMedia => {
  if (mediaType.startsWith("image/")) return { part: { type: "image", source }, rest };
  if (mediaType.startsWith("audio/")) return { part: { type: "audio", source }, rest };
  return { part: { type: "file", source }, rest };
};
