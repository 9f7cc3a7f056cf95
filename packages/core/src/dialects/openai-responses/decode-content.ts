import { sourceFromUrl } from "../../chat/media.ts";
import type { FilePart, ImagePart, Part, TextPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { invalidValue, isObject, present, readString, required, restOf } from "../fields.ts";
import { readBreakpoint } from "../openai-cache.ts";
import { dialectId } from "./identity.ts";

const textFields: ReadonlySet<string> = new Set(["type", "text"]);
const refusalFields: ReadonlySet<string> = new Set(["type", "refusal"]);
const imageFields: ReadonlySet<string> = new Set(["type", "image_url", "file_id", "detail"]);
const fileFields: ReadonlySet<string> = new Set(["type", "file_id", "file_data", "file_url", "filename"]);

/** Reads what a message or a tool says: a string or a list of parts; none where it is absent. */
export const decodeContent = (content: unknown, param: string): readonly Part[] => {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw invalidValue(param, "a string or an array of parts", content);
  return content.map((part: unknown, index) => decodePart(part, `${param}[${index}]`));
};

const decodePart = (part: unknown, param: string): Part => {
  if (!isObject(part)) throw invalidValue(param, "an object", part);
  switch (readString(part["type"], `${param}.type`)) {
    case "input_text":
    case "output_text":
    case "text":
      return decodeText(part, param);
    case "refusal": {
      const text = required(readString(part["refusal"], `${param}.refusal`), `${param}.refusal`, "a string");
      return present({ type: "refusal" as const, text, extras: restOf(part, refusalFields) });
    }
    case "input_image":
      return decodeImage(part, param);
    case "input_file":
      return decodeFile(part, param);
    default:
      return { type: "opaque", dialect: dialectId, value: part };
  }
};

/** Fields a client sends back as they came, empty, and that say nothing. */
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const decodeText = (part: Json, param: string): TextPart => {
  const text = required(readString(part["text"], `${param}.text`), `${param}.text`, "a string");
  const known = new Set([...textFields, ...["annotations", "logprobs"].filter((name) => isEmptyList(part[name]))]);
  return present({ type: "text" as const, text, cacheHint: readBreakpoint(part, param), extras: restOf(part, known) });
};

const decodeImage = (part: Json, param: string): ImagePart => {
  const url = readString(part["image_url"], `${param}.image_url`);
  const fileId = readString(part["file_id"], `${param}.file_id`);
  if (url === undefined && fileId === undefined) {
    required(undefined, `${param}.image_url`, "the address of an image, or its data as a data URL");
  }
  return present({
    type: "image" as const,
    source: url === undefined ? { type: "file-id" as const, fileId: fileId ?? "" } : sourceFromUrl(url),
    detail: readString(part["detail"], `${param}.detail`),
    cacheHint: readBreakpoint(part, param),
    extras: restOf(part, imageFields),
  });
};

const decodeFile = (part: Json, param: string): FilePart => {
  const data = readString(part["file_data"], `${param}.file_data`);
  const url = readString(part["file_url"], `${param}.file_url`);
  const fileId = readString(part["file_id"], `${param}.file_id`);
  const source =
    data !== undefined
      ? fromData(data)
      : url !== undefined
        ? ({ type: "url", url } as const)
        : ({
            type: "file-id",
            fileId: required(fileId, `${param}.file_data`, "the file as a data URL, or `file_id` or `file_url`"),
          } as const);
  const filename = readString(part["filename"], `${param}.filename`);
  const cacheHint = readBreakpoint(part, param);
  return present({ type: "file" as const, source, filename, cacheHint, extras: restOf(part, fileFields) });
};

/** Data without its type is a PDF: nothing else was taken when it could be left out. */
const fromData = (data: string): FilePart["source"] =>
  data.startsWith("data:") ? sourceFromUrl(data) : { type: "base64", mediaType: "application/pdf", data };
