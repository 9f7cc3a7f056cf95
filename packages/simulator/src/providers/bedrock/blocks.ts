import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block } from "../../model/prompt.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";

/** Formats of what is attached, by the kind of block. */
const formats: Readonly<Record<string, ReadonlySet<string>>> = {
  image: new Set(["png", "jpeg", "gif", "webp"]),
  document: new Set(["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"]),
  video: new Set(["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"]),
  audio: new Set(["mp3", "wav", "aac", "flac", "ogg", "opus", "m4a", "webm"]),
};

const sources: readonly string[] = ["bytes", "s3Location", "text", "content"];
const documentName = /^[a-zA-Z0-9()[\]-]+(?: [a-zA-Z0-9()[\]-]+)*$/u;
const toolId = /^[a-zA-Z0-9_-]{1,64}$/u;

/** The one key that a block has. @throws Refusal for none or several. */
export const kindOf = (block: unknown, at: string): readonly [kind: string, value: unknown] => {
  const entries = isRecord(block) ? Object.entries(block) : [];
  const [first] = entries;
  return first === undefined || entries.length > 1
    ? refuse(`The value at ${at} must have exactly one member set.`)
    : first;
};

const readMedia = (kind: string, media: JsonRecord, at: string): void => {
  const format = String(media["format"]);
  if (formats[kind]?.has(format) !== true) refuse(`The value at ${at}.format is not supported: ${format}.`);
  const [source, value] = kindOf(media["source"], `${at}.source`);
  if (!sources.includes(source)) refuse(`The value at ${at}.source is not one of ${sources.join(", ")}.`);
  if (source === "bytes" && (typeof value !== "string" || value === "" || /[^A-Za-z0-9+/=]/u.test(value))) {
    refuse(`The value at ${at}.source.bytes must be base64.`);
  }
  if (kind !== "document") return;
  const { name } = media;
  if (typeof name !== "string" || !documentName.test(name)) {
    refuse(`The value at ${at}.name can only hold letters, digits, single spaces, hyphens and brackets.`);
  }
};

const readThought = (thought: JsonRecord, signer: Signer, at: string): void => {
  const [kind, value] = kindOf(thought, at);
  const shown = isRecord(value) ? value["text"] : "redacted";
  const signature = kind === "redactedContent" ? value : isRecord(value) ? value["signature"] : undefined;
  // Models that do not sign their thoughts take them back without a signature.
  if (kind === "reasoningText" && signature === undefined) return;
  if (typeof shown !== "string" || typeof signature !== "string" || !signer.verify(signature, shown)) {
    refuse(`${at}: Invalid \`signature\` in \`thinking\` block`);
  }
};

/** What a block comes to. */
interface ReadBlock {
  readonly text: string;
  readonly attachments: number;
}

const noText: ReadBlock = { text: "", attachments: 0 };

const readResult = (value: JsonRecord, at: string): ReadBlock => {
  const status = value["status"] ?? "success";
  if (status !== "success" && status !== "error") refuse(`The value at ${at}.status is not known: ${String(status)}.`);
  const read = asArray(value["content"]).map((part, index): ReadBlock => {
    const here = `${at}.content.${index}`;
    const [kind, inner] = kindOf(part, here);
    if (kind === "text") return { text: String(inner), attachments: 0 };
    if (kind === "json" || kind === "searchResult") return { text: JSON.stringify(inner), attachments: 0 };
    if (!isRecord(inner)) return refuse(`The value at ${here} must be an object.`);
    readMedia(kind, inner, `${here}.${kind}`);
    return { text: "", attachments: 1 };
  });
  return {
    text: read.map(({ text }) => text).join("\n"),
    attachments: read.reduce((sum, { attachments }) => sum + attachments, 0),
  };
};

const userKinds = new Set([
  "text",
  "image",
  "document",
  "video",
  "audio",
  "toolResult",
  "cachePoint",
  "guardContent",
  "searchResult",
]);
const assistantKinds = new Set(["text", "toolUse", "reasoningContent", "cachePoint", "citationsContent", "toolResult"]);

/** @throws Refusal for a block that does not belong there, lacks something, or carries thoughts that were altered. */
export const readBlock = (block: unknown, role: string, signer: Signer, at: string): ReadBlock => {
  const [kind, value] = kindOf(block, at);
  if (!(role === "user" ? userKinds : assistantKinds).has(kind)) {
    return refuse(`The value at ${at} is not valid for the role ${role}: ${kind}.`);
  }
  if (kind === "text") {
    if (typeof value !== "string") return refuse(`The value at ${at}.text must be a string.`);
    return value.trim() === "" ? refuse(`The text field at ${at} is blank.`) : { text: value, attachments: 0 };
  }
  if (!isRecord(value)) return refuse(`The value at ${at}.${kind} must be an object.`);
  const id = value["toolUseId"];
  if ((kind === "toolUse" || kind === "toolResult") && (typeof id !== "string" || !toolId.test(id))) {
    return refuse(`The value at ${at}.${kind}.toolUseId must be 1 to 64 letters, digits, '_' and '-'.`);
  }
  if (kind === "toolUse") {
    if (typeof value["name"] !== "string" || !isRecord(value["input"])) {
      return refuse(`The value at ${at}.toolUse needs a name and an input that is an object.`);
    }
    return { text: JSON.stringify(value["input"]), attachments: 0 };
  }
  if (kind === "toolResult") return readResult(value, `${at}.toolResult`);
  if (kind === "reasoningContent") readThought(value, signer, `${at}.reasoningContent`);
  if (!Object.hasOwn(formats, kind)) return noText;
  readMedia(kind, value, `${at}.${kind}`);
  return { text: "", attachments: 1 };
};

/** How long a cache point asks that what is before it be kept. */
export const keepForOf = (block: unknown): Block["keepFor"] => {
  const point = isRecord(block) ? block["cachePoint"] : undefined;
  if (!isRecord(point)) return undefined;
  return point["ttl"] === "1h" ? "1h" : "5m";
};
