import type { AudioPart, FilePart, ImagePart, MediaSource } from "../../chat/message.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { isWebAddress, whyRefused } from "../media-address.ts";
import type { Block } from "../turns.ts";

type Kind = "image" | "document" | "video" | "audio";

/** The formats Converse knows, by the media type that means them. Bare text of any kind goes as plain text. */
const formats: ReadonlyMap<string, readonly [Kind, string]> = new Map<string, readonly [Kind, string]>([
  ["image/png", ["image", "png"]],
  ["image/jpeg", ["image", "jpeg"]],
  ["image/jpg", ["image", "jpeg"]],
  ["image/gif", ["image", "gif"]],
  ["image/webp", ["image", "webp"]],
  ["application/pdf", ["document", "pdf"]],
  ["text/csv", ["document", "csv"]],
  ["application/msword", ["document", "doc"]],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", ["document", "docx"]],
  ["application/vnd.ms-excel", ["document", "xls"]],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ["document", "xlsx"]],
  ["text/html", ["document", "html"]],
  ["text/markdown", ["document", "md"]],
  ["text/plain", ["document", "txt"]],
  ["application/json", ["document", "txt"]],
  ["application/xml", ["document", "txt"]],
  ["application/yaml", ["document", "txt"]],
  ["application/x-yaml", ["document", "txt"]],
  ["video/mp4", ["video", "mp4"]],
  ["video/quicktime", ["video", "mov"]],
  ["video/webm", ["video", "webm"]],
  ["video/x-matroska", ["video", "mkv"]],
  ["video/mpeg", ["video", "mpeg"]],
  ["audio/mpeg", ["audio", "mp3"]],
  ["audio/mp3", ["audio", "mp3"]],
  ["audio/wav", ["audio", "wav"]],
  ["audio/x-wav", ["audio", "wav"]],
  ["audio/flac", ["audio", "flac"]],
  ["audio/ogg", ["audio", "ogg"]],
  ["audio/aac", ["audio", "aac"]],
]);

/** By the ending of a file's name, which is the format's own name in nearly all cases. */
const formatsByEnding: ReadonlyMap<string, readonly [Kind, string]> = new Map([
  ...[...formats.values()].map((format): [string, readonly [Kind, string]] => [format[1], format]),
  ["jpg", ["image", "jpeg"]],
  ["htm", ["document", "html"]],
]);

const formatOf = (source: MediaSource, filename: string | undefined): readonly [Kind, string] | undefined => {
  const mediaType = source.type === "text" ? (source.mediaType ?? "text/plain") : source.mediaType;
  const name = filename ?? (source.type === "url" ? source.url : "");
  return (
    formats.get(mediaType?.split(";")[0]?.trim().toLowerCase() ?? "") ??
    (mediaType?.startsWith("text/") === true ? formats.get("text/plain") : undefined) ??
    formatsByEnding.get(/\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "")
  );
};

export interface MediaOptions {
  readonly losses: Losses;
  readonly documentName: (wanted: string | undefined) => string;
  readonly audio: boolean;
}

/** An image, a document or a recording as a block; `undefined` where it cannot be sent and that was named. */
export const encodeMedia = (part: ImagePart | AudioPart | FilePart, options: MediaOptions): Block | undefined => {
  const { losses, documentName } = options;
  const param = part.type === "audio" ? "input_audio" : part.type;
  const file = part.type === "file" ? part : undefined;
  if (isWebAddress(part.source)) {
    losses.meaning(param, whyRefused("it takes bytes or an s3:// address", part.source));
    return undefined;
  }
  const [kind, format] = formatOf(part.source, file?.filename) ?? [];
  if (kind === undefined || (kind !== part.type && file === undefined)) {
    losses.meaning(param, `it does not read ${part.source.mediaType ?? "this kind"}`);
    return undefined;
  }
  if (kind === "audio" && !options.audio) {
    losses.meaning(param, "this model takes no audio");
    return undefined;
  }
  const source = encodeSource(part.source);
  if (source === undefined) {
    losses.meaning(param, "it takes bytes or an s3:// address");
    return undefined;
  }
  if (part.type === "image" && part.detail !== undefined && part.detail !== "auto") losses.tuning("image_url.detail");
  if (kind !== "document") return { [kind]: { format, source } };
  return {
    document: present({
      format,
      name: documentName(file?.title ?? file?.filename),
      source,
      context: file?.context,
      citations: file?.citations === undefined ? undefined : { enabled: file.citations },
    }),
  };
};

const encodeSource = (source: MediaSource): Block | undefined => {
  switch (source.type) {
    case "base64":
      return { bytes: source.data };
    case "text":
      return { bytes: Buffer.from(source.text).toString("base64") };
    case "url":
      return source.url.startsWith("s3://") ? { s3Location: { uri: source.url } } : undefined;
    case "file-id":
      return undefined;
  }
};

/** Names for the documents of one request, in the few letters that are taken, each given once. */
export const createDocumentNames = (): MediaOptions["documentName"] => {
  const used = new Set<string>();
  return (wanted) => {
    const plain = (wanted ?? "").replace(/\.[a-z0-9]{1,5}$/i, "").replace(/[^A-Za-z0-9()[\]-]+/g, " ");
    const base = plain.trim().slice(0, 180).trim() || "document";
    let name = base;
    for (let time = 2; used.has(name); time++) name = `${base} (${time})`;
    used.add(name);
    return name;
  };
};
