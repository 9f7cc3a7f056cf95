import type { MediaSource } from "./message.ts";

const dataUrl = /^data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,/i;

/** A URL as clients write it: data URLs become `base64` sources, all others stay URLs. */
export const sourceFromUrl = (url: string): MediaSource => {
  const match = dataUrl.exec(url.length > 200 ? url.slice(0, 200) : url);
  if (match === null) return { type: "url", url };
  const mediaType = match[1] === "" || match[1] === undefined ? "text/plain" : match[1].toLowerCase();
  const payload = url.slice(match[0].length);
  return match[3] === undefined
    ? { type: "base64", mediaType, data: Buffer.from(safeDecode(payload)).toString("base64") }
    : { type: "base64", mediaType, data: payload };
};

const safeDecode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A base64 source as a data URL. */
export const toDataUrl = (source: Extract<MediaSource, { type: "base64" }>): string =>
  `data:${source.mediaType};base64,${source.data}`;

/** What a source says where it is text in any form; `undefined` for all others. */
export const textOfSource = (source: MediaSource): string | undefined => {
  if (source.type === "text") return source.text;
  return source.type === "base64" && isText(source.mediaType)
    ? Buffer.from(source.data, "base64").toString()
    : undefined;
};

const isText = (mediaType: string): boolean => /^(text\/|application\/(json|xml|yaml|x-yaml)\b)/i.test(mediaType);
