import { textOfSource } from "../../chat/media.ts";
import type { FilePart, MediaSource, Part } from "../../chat/message.ts";
import type { Losses } from "../losses.ts";
import { whyRefused } from "../media-address.ts";

/** What a message says: one text, and its images beside it. */
interface EncodedContent {
  readonly content: string;
  readonly images?: readonly string[];
}

const place = "messages[].content[].";

/**
 * Parts as one text and a list of images. Calls, results and reasoning have fields of their own.
 *
 * @param separator What stands between two texts.
 */
export const encodeContent = (parts: readonly Part[], separator: string, losses: Losses): EncodedContent => {
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
      case "refusal":
        texts.push(part.text);
        break;
      case "image":
        images.push(...encodeImage(part.source, losses));
        if (part.detail !== undefined && part.detail !== "auto") losses.tuning(`${place}image_url.detail`);
        break;
      case "file":
        texts.push(...encodeFile(part, losses));
        break;
      case "audio":
        losses.meaning(`${place}input_audio`, "it takes no sound");
        break;
      case "opaque":
        losses.tuning("messages[].content");
        break;
      default:
    }
  }
  const content = texts.filter((text) => text !== "").join(separator);
  return images.length === 0 ? { content } : { content, images };
};

const encodeImage = (source: MediaSource, losses: Losses): readonly string[] => {
  if (source.type === "base64") return [source.data];
  losses.meaning(`${place}image_url`, whyRefused("it takes images as base64 data only", source));
  return [];
};

/** A document of text is told in the message itself. */
const encodeFile = ({ source, title, filename, context, citations }: FilePart, losses: Losses): readonly string[] => {
  const text = textOfSource(source);
  if (text === undefined) {
    losses.meaning(`${place}file`, whyRefused("it takes documents as text only", source));
    return [];
  }
  if (citations === true) losses.tuning(`${place}citations`);
  return [[title ?? filename, context, text].filter((line) => line !== undefined && line !== "").join("\n")];
};
