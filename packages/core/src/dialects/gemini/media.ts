import type { MediaSource } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import type { Losses } from "../losses.ts";
import { isWebAddress, whyRefused, type MediaPart } from "../media-address.ts";
import type { ModelTraits } from "./model-traits.ts";

/** Where the Files API keeps what was uploaded to it; ids are `files/…`. */
export const filesBase = "https://generativelanguage.googleapis.com/v1beta/";

const mediaTypes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    avif: "image/avif",
    bmp: "image/bmp",
    gif: "image/gif",
    heic: "image/heic",
    heif: "image/heif",
    jpeg: "image/jpeg",
    jpg: "image/jpeg",
    png: "image/png",
    webp: "image/webp",
    aac: "audio/aac",
    aiff: "audio/aiff",
    flac: "audio/flac",
    m4a: "audio/m4a",
    mp3: "audio/mp3",
    ogg: "audio/ogg",
    wav: "audio/wav",
    "3gp": "video/3gpp",
    avi: "video/avi",
    flv: "video/x-flv",
    mov: "video/mov",
    mp4: "video/mp4",
    mpeg: "video/mpeg",
    mpg: "video/mpg",
    webm: "video/webm",
    wmv: "video/wmv",
    csv: "text/csv",
    css: "text/css",
    htm: "text/html",
    html: "text/html",
    js: "text/javascript",
    json: "application/json",
    md: "text/md",
    pdf: "application/pdf",
    py: "text/x-python",
    rtf: "text/rtf",
    txt: "text/plain",
    xml: "text/xml",
  }),
);

const typeByName = (name: string | undefined): string | undefined => {
  const extension = /\.([a-z0-9]{2,5})$/i.exec(name ?? "")?.[1];
  return extension === undefined ? undefined : mediaTypes.get(extension.toLowerCase());
};

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? url;

const isVideoPage = (url: string): boolean => /^https:\/\/(www\.youtube\.com\/watch|youtu\.be\/)/.test(url);

/** What the client calls each kind of part, for messages. */
const params = { image: "image_url", audio: "input_audio", file: "file" } as const;

/** The parts that bring an image, a sound or a file to the model; none where it cannot be brought. */
export const encodeMedia = (part: MediaPart, traits: ModelTraits, losses: Losses): readonly Json[] => {
  const { source } = part;
  if (part.type === "file" && part.citations === true) losses.tuning("citations");
  if (source.type === "text") return [...introduction(part), { text: source.text }];
  const data = encodeSource(source, part, losses);
  if (data === undefined) return [];
  return [...introduction(part), { ...data, ...resolution(part, traits, losses) }];
};

const encodeSource = (
  source: Exclude<MediaSource, { type: "text" }>,
  part: MediaPart,
  losses: Losses,
): Json | undefined => {
  if (source.type === "base64") return { inlineData: { mimeType: source.mediaType, data: source.data } };
  const uri = source.type === "url" ? source.url : uriOfFile(source.fileId);
  if (uri === undefined || !/^(https?|gs):\/\//i.test(uri)) {
    losses.meaning(params[part.type], "it takes inline data, https and gs:// addresses, and ids of its own file store");
    return undefined;
  }
  const mimeType = typeOf(part, uri);
  if (mimeType !== undefined) return { fileData: { mimeType, fileUri: uri } };
  if (source.type === "file-id" || knowsType(uri)) return { fileData: { fileUri: uri } };
  losses.meaning(
    params[part.type],
    whyRefused("it must be told the media type, which the address does not show", source),
  );
  return undefined;
};

const typeOf = (part: MediaPart, uri: string): string | undefined =>
  part.source.mediaType ?? typeByName(pathOf(uri)) ?? (part.type === "file" ? typeByName(part.filename) : undefined);

/** The provider knows the type of what it stores itself and of video pages; of all else it must be told. */
const knowsType = (uri: string): boolean => uri.startsWith(filesBase) || isVideoPage(uri);

/** Whether nobody knows the type of what is at an address: only its bytes can tell. */
export const needsItsType = (part: MediaPart): boolean => {
  const { source } = part;
  return (
    source.type === "url" && isWebAddress(source) && typeOf(part, source.url) === undefined && !knowsType(source.url)
  );
};

const uriOfFile = (id: string): string | undefined => {
  if (/^files\/[\w-]+$/.test(id)) return filesBase + id;
  return /^(https|gs):\/\//.test(id) ? id : undefined;
};

const introduction = (part: MediaPart): readonly Json[] => {
  if (part.type !== "file") return [];
  const lines = [part.title, part.context].filter((line) => line !== undefined && line !== "");
  return lines.length === 0 ? [] : [{ text: lines.join("\n") }];
};

const resolutions: ReadonlyMap<string, string> = new Map([
  ["low", "MEDIA_RESOLUTION_LOW"],
  ["high", "MEDIA_RESOLUTION_HIGH"],
  ["original", "MEDIA_RESOLUTION_HIGH"],
]);

const resolution = (part: MediaPart, { richMedia }: ModelTraits, losses: Losses): Json => {
  if (part.type !== "image" || part.detail === undefined || part.detail === "auto") return {};
  const level = resolutions.get(part.detail);
  if (level !== undefined && richMedia) return { mediaResolution: { level } };
  losses.tuning("image_url.detail");
  return {};
};
