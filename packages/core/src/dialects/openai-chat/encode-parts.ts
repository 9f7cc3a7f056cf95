import { toDataUrl } from "../../chat/media.ts";
import type { CacheHint, Extras, MediaSource, Part } from "../../chat/message.ts";
import { encodeCacheHint } from "../cache-control.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { whyRefused } from "../media-address.ts";
import { breakpointField, writeBreakpoint } from "../openai-cache.ts";
import { audioFormat } from "./decode-parts.ts";
import { dialectId } from "./identity.ts";
import { wrap } from "./nested.ts";
import { isDetail } from "./reasoning-details.ts";

/** What the encoders of one request's pieces share. */
export interface EncodeScope {
  readonly target: BackTarget;
  readonly losses: Losses;
  /** The request was written in this dialect: its extras are in our words. */
  readonly isOwn: boolean;
  /** What is written is what a model said. */
  readonly isAnswer?: true;
}

/** The extras that may be written: this dialect's own. Those of another are named as lost. */
export const ownExtras = (
  { isOwn, losses, target }: EncodeScope,
  extras: Extras | undefined,
  place: string,
): Extras => {
  if (extras === undefined) return {};
  if (isOwn) {
    if (target.quirks.noNullFields !== true) return extras;
    return Object.fromEntries(Object.entries(extras).filter(([, value]) => value !== null));
  }
  for (const name of Object.keys(extras)) if (name !== breakpointField) losses.tuning(place + name);
  return {};
};

/** `cache_control` where the server takes it. A hint it cannot take costs money, not meaning: it is left out. */
export const cacheControl = ({ target, isOwn }: EncodeScope, hint: CacheHint | undefined): Json => {
  if (hint === undefined || target.quirks.cacheControl !== true) return {};
  // Servers differ in the lifetimes they have; whoever wrote this dialect asks for one of the server's.
  return { cache_control: isOwn ? present({ type: "ephemeral", ttl: hint.ttl }) : encodeCacheHint(hint) };
};

/** The mark on a part of what is said, in the server's words. OpenAI marks nothing that a model said. */
const cacheMark = (scope: EncodeScope, hint: CacheHint | undefined): Json => ({
  ...cacheControl(scope, hint),
  ...(scope.isAnswer === true ? {} : writeBreakpoint(hint, scope.target.quirks)),
});

/** Writes content parts one by one; what is no content (reasoning, tool calls) is written elsewhere. */
export const encodeParts = (parts: readonly Part[], scope: EncodeScope): readonly Json[] =>
  parts.flatMap((part): readonly Json[] => {
    const written = encodePart(part, scope);
    return written === undefined ? [] : [written];
  });

const place = "messages[].content[].";

const encodePart = (part: Part, scope: EncodeScope): Json | undefined => {
  const { losses } = scope;
  const extras = (): Extras => ownExtras(scope, part.extras, place);
  const hint = cacheMark(scope, part.cacheHint);
  const refuse = (name: string, why: string): undefined => {
    losses.meaning(place + name, why);
    return undefined;
  };
  switch (part.type) {
    case "text":
      // A signature alone: what it proves was said before.
      if (part.text === "" && part.signature !== undefined) return undefined;
      return { ...extras(), type: "text", text: part.text, ...hint };
    case "refusal":
      return { ...extras(), type: "refusal", refusal: part.text, ...hint };
    case "image": {
      const url = urlOf(part.source);
      if (url === undefined) return refuse("image_url", "it takes images by address or as data");
      return { ...wrap("image_url", present({ url, detail: part.detail }), extras()), type: "image_url", ...hint };
    }
    case "audio": {
      if (part.source.type !== "base64")
        return refuse("input_audio", whyRefused("it takes audio as data only", part.source));
      const { mediaType, data } = part.source;
      return {
        ...wrap("input_audio", { data, format: audioFormat(mediaType) }, extras()),
        type: "input_audio",
        ...hint,
      };
    }
    case "file": {
      const { source, filename = part.title } = part;
      if (source.type === "text") return { type: "text", text: source.text, ...hint };
      if (source.type === "url" && !scope.isOwn)
        return refuse("file", whyRefused("it takes no files by address", source));
      const file = source.type === "file-id" ? { file_id: source.fileId } : { file_data: urlOf(source) };
      return { ...wrap("file", present({ ...file, filename }), extras()), type: "file", ...hint };
    }
    case "opaque":
      // A detail of the reasoning is written with it.
      if (part.dialect !== dialectId) losses.tuning("messages[].content");
      else if (!isDetail(part.value)) return part.value as Json; // Decoded from an object of this dialect.
      return undefined;
    default:
      return undefined;
  }
};

const urlOf = (source: MediaSource): string | undefined => {
  if (source.type === "url") return source.url;
  return source.type === "base64" ? toDataUrl(source) : undefined;
};

const isPlain = (part: Json): boolean => part["type"] === "text" && Object.keys(part).length === 2;

const joinText = (parts: readonly Json[], separator: string): string =>
  parts.flatMap(({ type, text }) => (type === "text" ? [String(text)] : [])).join(separator);

/** Content as a string where the server takes nothing else or it is but one text, else as a list of parts. */
export const encodeContent = (parts: readonly Part[], scope: EncodeScope): string | readonly Json[] => {
  const written = encodeParts(parts, scope);
  if (written.length <= 1 && written.every(isPlain)) return joinText(written, "");
  if (scope.target.quirks.stringContent !== true) return written;
  const other = written.find(({ type }) => type !== "text");
  if (other !== undefined) scope.losses.meaning(place + String(other["type"]), "it takes text only");
  return joinText(written, "\n\n");
};

/** Content that is one text in however many parts it came; only marks and media make it a list. */
export const encodeText = (parts: readonly Part[], scope: EncodeScope, separator: string): string | readonly Json[] => {
  const content = encodeContent(parts, scope);
  return typeof content === "string" || !content.every(isPlain) ? content : joinText(content, separator);
};
