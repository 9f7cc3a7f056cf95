/** Files known by how they begin: `at`, the bytes there, and what they then are. */
const beginnings: readonly (readonly [at: number, bytes: string, mediaType: string])[] = [
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF87a", "image/gif"],
  [0, "GIF89a", "image/gif"],
  [8, "WEBP", "image/webp"],
  [4, "ftypavif", "image/avif"],
  [4, "ftypheic", "image/heic"],
  [4, "ftypmif1", "image/heif"],
  [0, "BM", "image/bmp"],
  [0, "%PDF-", "application/pdf"],
  [8, "WAVE", "audio/wav"],
  [0, "ID3", "audio/mpeg"],
  [0, "\xff\xfb", "audio/mpeg"],
  [0, "\xff\xf3", "audio/mpeg"],
  [0, "OggS", "audio/ogg"],
  [0, "fLaC", "audio/flac"],
  [4, "ftypM4A", "audio/mp4"],
  [4, "ftyp", "video/mp4"],
  [0, "\x1aE\xdf\xa3", "video/webm"],
];

const textual = /^(text\/[\w.+-]+|application\/(json|xml|yaml|x-yaml))$/;

/**
 * What bytes are, by themselves: neither an address nor a header can make them anything else. Only of text a header
 * tells which kind it is. `undefined` for what no model reads.
 */
export const mediaTypeOf = (bytes: Buffer, contentType: string | undefined): string | undefined => {
  const start = bytes.toString("latin1", 0, 16);
  const known = beginnings.find(([at, beginning]) => start.startsWith(beginning, at));
  if (known !== undefined) return known[2];
  const stated = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return textual.test(stated) && isText(bytes) ? stated : undefined;
};

const isText = (bytes: Buffer): boolean => {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};
