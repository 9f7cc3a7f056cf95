import { toDataUrl } from "../../chat/media.ts";
import type { FilePart, MediaSource, Part } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { writeBreakpoint } from "../openai-cache.ts";
import { ownExtras, type EncodeScope } from "./encode-scope.ts";
import { dialectId } from "./identity.ts";

const place = "messages[].content[].";

/** Writes what a user, an operator or a tool says. What is no content is left to others. */
export const encodeContent = (parts: readonly Part[], scope: EncodeScope): readonly Json[] =>
  parts.flatMap((part): readonly Json[] => {
    const written = encodePart(part, scope);
    if (written === undefined) return [];
    return [
      { ...writeBreakpoint(part.cacheHint, scope.quirks), ...ownExtras(scope, extrasOf(part), place), ...written },
    ];
  });

const extrasOf = (part: Part): Part["extras"] => (part.type === "opaque" ? undefined : part.extras);

const encodePart = (part: Part, { losses }: EncodeScope): Json | undefined => {
  switch (part.type) {
    case "text":
    case "refusal":
      return { type: "input_text", text: part.text };
    case "image":
      return present({ type: "input_image", ...imageSource(part.source), detail: part.detail });
    case "file":
      return encodeFile(part);
    case "audio":
      losses.meaning(`${place}input_audio`, "it takes no sound");
      return undefined;
    case "opaque":
      // Decoded from an object of this dialect.
      if (part.dialect === dialectId) return part.value as Json;
      losses.tuning("messages[].content");
      return undefined;
    default:
      return undefined;
  }
};

const imageSource = (source: MediaSource): Json => {
  if (source.type === "file-id") return { file_id: source.fileId };
  return { image_url: source.type === "base64" ? toDataUrl(source) : source.type === "url" ? source.url : source.text };
};

const encodeFile = ({ source, filename, title }: FilePart): Json => {
  const name = filename ?? title;
  switch (source.type) {
    case "text":
      return { type: "input_text", text: source.text };
    case "file-id":
      return { type: "input_file", file_id: source.fileId };
    case "url":
      return present({ type: "input_file", file_url: source.url, filename: name });
    case "base64": {
      // Data needs a name, for its ending tells what it is.
      const ending = source.mediaType.split("/")[1] ?? "bin";
      return { type: "input_file", filename: name ?? `file.${ending}`, file_data: toDataUrl(source) };
    }
  }
};

const isPlain = (part: Json): boolean => part["type"] === "input_text" && Object.keys(part).length === 2;

/** Content as a string where it is but one text, else as a list. */
export const encodeShortly = (parts: readonly Part[], scope: EncodeScope): unknown => {
  const written = encodeContent(parts, scope);
  const [only] = written;
  if (only === undefined) return "";
  return written.length === 1 && isPlain(only) ? only["text"] : written;
};
