import { sourceFromUrl } from "../../chat/media.ts";
import type { AudioPart, CacheHint, FilePart, ImagePart, OpaquePart, Part } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { invalidValue, isObject, present, readObject, readString, required, restOf } from "../fields.ts";
import { readBreakpoint } from "../openai-cache.ts";
import { dialectId } from "./identity.ts";
import { restOfBoth } from "./nested.ts";
import { readContent } from "./answer-content.ts";

const partFields: ReadonlySet<string> = new Set([
  "type",
  "text",
  "refusal",
  "image_url",
  "input_audio",
  "file",
  "cache_control",
]);
const imageFields: ReadonlySet<string> = new Set(["url", "detail"]);
const audioFields: ReadonlySet<string> = new Set(["data", "format"]);
const fileFields: ReadonlySet<string> = new Set(["file_id", "file_data", "filename"]);

/** Reads a message's `content`: a string or a list of parts; none where it is absent or null. */
export const decodeContent = (content: unknown, param: string): readonly Part[] => {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw invalidValue(param, "a string or an array of content parts", content);
  return content.flatMap((part: unknown, index) => decodePart(part, `${param}[${index}]`));
};

const decodePart = (value: unknown, param: string): readonly Part[] => {
  if (!isObject(value)) throw invalidValue(param, "an object", value);
  const type = required(readString(value["type"], `${param}.type`), `${param}.type`, "the kind of content");
  const common = present({ cacheHint: decodeCacheHint(value, param), extras: restOf(value, partFields) });
  switch (type) {
    case "text":
      return [
        { type, text: required(readString(value["text"], `${param}.text`), `${param}.text`, "a string"), ...common },
      ];
    case "refusal":
      return [
        {
          type,
          text: required(readString(value["refusal"], `${param}.refusal`), `${param}.refusal`, "a string"),
          ...common,
        },
      ];
    case "image_url":
      return [decodeImage(value, param)];
    case "input_audio":
      return [decodeAudio(value, param)];
    case "file":
      return [decodeFile(value, param)];
    case "thinking":
    case "reasoning":
      return readContent([value]);
    default:
      return [opaque(value)];
  }
};

const opaque = (value: Json): OpaquePart => ({ type: "opaque", dialect: dialectId, value });

/** `cache_control`, or OpenAI's own mark, which also stays among the extras. */
export const decodeCacheHint = (holder: Json, param: string): CacheHint | undefined => {
  const mark = readObject(holder["cache_control"], `${param}.cache_control`);
  return mark ? present({ ttl: readString(mark["ttl"], `${param}.cache_control.ttl`) }) : readBreakpoint(holder, param);
};

const decodeImage = (value: Json, param: string): ImagePart => {
  // Some clients write the address itself.
  const image =
    typeof value["image_url"] === "string"
      ? { url: value["image_url"] }
      : readObject(value["image_url"], `${param}.image_url`);
  const { url, detail } = required(image, `${param}.image_url`, "an object with `url`");
  return present({
    type: "image" as const,
    source: sourceFromUrl(
      required(readString(url, `${param}.image_url.url`), `${param}.image_url.url`, "an address or a data URL"),
    ),
    detail: readString(detail, `${param}.image_url.detail`),
    cacheHint: decodeCacheHint(value, param),
    extras: restOfBoth(value, partFields, "image_url", image ?? {}, imageFields),
  });
};

const mediaTypes: ReadonlyMap<string, string> = new Map([["mp3", "audio/mpeg"]]);

const decodeAudio = (value: Json, param: string): AudioPart | OpaquePart => {
  // A bare string is base64 or an address, and of which format nobody says: for its own dialect only.
  if (typeof value["input_audio"] === "string") return opaque(value);
  const audio = required(
    readObject(value["input_audio"], `${param}.input_audio`),
    `${param}.input_audio`,
    "an object with `data` and `format`",
  );
  const data = required(readString(audio["data"], `${param}.input_audio.data`), `${param}.input_audio.data`, "base64");
  const format = required(
    readString(audio["format"], `${param}.input_audio.format`),
    `${param}.input_audio.format`,
    '"wav" or "mp3"',
  );
  return present({
    type: "audio" as const,
    source: { type: "base64" as const, mediaType: mediaTypes.get(format) ?? `audio/${format}`, data },
    cacheHint: decodeCacheHint(value, param),
    extras: restOfBoth(value, partFields, "input_audio", audio, audioFields),
  });
};

/** The `format` of an `input_audio` part of this media type. */
export const audioFormat = (mediaType: string): string => {
  const subtype = mediaType.slice(mediaType.indexOf("/") + 1);
  return subtype === "mpeg" ? "mp3" : subtype.replace(/^x-|^vnd\./, "").replace(/^wave$/, "wav");
};

const decodeFile = (value: Json, param: string): FilePart | OpaquePart => {
  const file = required(
    readObject(value["file"], `${param}.file`),
    `${param}.file`,
    "an object with `file_id` or `file_data`",
  );
  const fileId = readString(file["file_id"], `${param}.file.file_id`);
  const data = readString(file["file_data"], `${param}.file.file_data`);
  if (fileId === undefined && data === undefined)
    throw invalidValue(`${param}.file`, "an object with `file_id` or `file_data`", file);
  // Bare base64 tells no media type.
  if (data !== undefined && !/^(data|https?):/i.test(data)) return opaque(value);
  return present({
    type: "file" as const,
    source: data === undefined ? { type: "file-id" as const, fileId: fileId ?? "" } : sourceFromUrl(data),
    filename: readString(file["filename"], `${param}.file.filename`),
    cacheHint: decodeCacheHint(value, param),
    extras: restOfBoth(value, partFields, "file", file, fileFields),
  });
};
