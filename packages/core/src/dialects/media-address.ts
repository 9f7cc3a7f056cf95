import type { AudioPart, FilePart, ImagePart, MediaSource } from "../chat/message.ts";

/** What a client may give by its address. */
export type MediaPart = ImagePart | AudioPart | FilePart;

const mend = "the gateway fetches what is given by its address only where its option `media` allows that";

/** Why a source is refused; of an address also how that could be mended. */
export const whyRefused = (why: string, source: MediaSource): string =>
  source.type === "url" ? `${why}, and ${mend}` : why;

/** Whether an address is one of the web's. */
export const isWebAddress = (source: MediaSource): boolean => source.type === "url" && /^https?:/i.test(source.url);
