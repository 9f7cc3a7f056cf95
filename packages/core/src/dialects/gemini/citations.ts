import type { Citation } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present, stringIn } from "../fields.ts";

interface Segment {
  readonly startByte: number | undefined;
  readonly endByte: number | undefined;
  readonly text: string | undefined;
}

interface Source {
  readonly url: string | undefined;
  readonly title: string | undefined;
}

interface Cited {
  readonly source: Source;
  readonly segment?: Segment;
}

/**
 * The citations of one choice. The provider counts in bytes of UTF-8; here offsets are UTF-16 units of `text`.
 *
 * @param grounding `groundingMetadata`: what a search tool brought.
 * @param recitation `citationMetadata`: passages close to published works.
 */
export const toCitations = (
  grounding: Json | undefined,
  recitation: Json | undefined,
  text: string,
): readonly Citation[] => {
  const cited = [
    ...(grounding === undefined ? [] : grounded(grounding)),
    ...(recitation === undefined ? [] : recited(recitation)),
  ];
  if (cited.length === 0) return [];
  const offsets = utf16Offsets(
    text,
    cited.flatMap(({ segment }) => [segment?.startByte ?? 0, segment?.endByte ?? 0]),
  );
  return cited.map(({ source, segment }) =>
    present({
      url: source.url,
      title: source.title,
      citedText: segment?.text,
      start: segment?.endByte === undefined ? undefined : offsets.get(segment.startByte ?? 0),
      end: segment?.endByte === undefined ? undefined : offsets.get(segment.endByte),
    }),
  );
};

const grounded = (metadata: Json): readonly Cited[] => {
  const sources = arrayIn(metadata, "groundingChunks").map(sourceOf);
  const cited: Cited[] = [];
  for (const support of arrayIn(metadata, "groundingSupports")) {
    if (!isObject(support)) continue;
    const segment = segmentOf(objectIn(support, "segment") ?? {});
    for (const index of arrayIn(support, "groundingChunkIndices")) {
      const source = typeof index === "number" ? sources[index] : undefined;
      if (source !== undefined) cited.push({ source, segment });
    }
  }
  // Sources without supports back the answer as a whole.
  return cited.length > 0 ? cited : sources.flatMap((source) => (source === undefined ? [] : [{ source }]));
};

/** A chunk has one key that says where it is from: `web`, `retrievedContext`, `maps`, … */
const sourceOf = (chunk: unknown): Source | undefined => {
  const place = isObject(chunk) ? Object.values(chunk).find(isObject) : undefined;
  return place === undefined ? undefined : { url: stringIn(place, "uri"), title: stringIn(place, "title") };
};

const segmentOf = (segment: Json): Segment => ({
  startByte: numberIn(segment, "startIndex"),
  endByte: numberIn(segment, "endIndex"),
  text: stringIn(segment, "text"),
});

const recited = (metadata: Json): readonly Cited[] =>
  // The two hosts of this API name the list differently.
  [...arrayIn(metadata, "citationSources"), ...arrayIn(metadata, "citations")].filter(isObject).map((citation) => ({
    source: { url: stringIn(citation, "uri"), title: stringIn(citation, "title") },
    segment: segmentOf(citation),
  }));

/** UTF-16 offsets for byte offsets, in one walk over the text. An offset inside a character means its start. */
const utf16Offsets = (text: string, byteOffsets: readonly number[]): ReadonlyMap<number, number> => {
  const offsets = new Map<number, number>();
  let bytes = 0;
  let units = 0;
  for (const wanted of byteOffsets.toSorted((a, b) => a - b)) {
    while (units < text.length) {
      const point = text.codePointAt(units) ?? 0;
      const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
      if (bytes + size > wanted) break;
      bytes += size;
      units += size === 4 ? 2 : 1;
    }
    offsets.set(wanted, units);
  }
  return offsets;
};

/**
 * Citations as `groundingMetadata`: every source once, and for each cited passage its place in bytes.
 *
 * @param text The whole text of the choice.
 */
export const writeGrounding = (citations: readonly Citation[], text: string): Json => {
  const chunks: Json[] = [];
  const supports: Json[] = [];
  const places = new Map<string, number>();
  const placeOf = ({ url, title }: Citation): number => {
    const key = url ?? title ?? "";
    const place = places.get(key) ?? chunks.push({ web: present({ uri: url, title }) }) - 1;
    places.set(key, place);
    return place;
  };
  for (const citation of citations) {
    if (citation.url === undefined && citation.title === undefined) continue;
    const place = placeOf(citation);
    const { start, end } = citation;
    if (start === undefined || end === undefined) continue;
    const segment = {
      startIndex: Buffer.byteLength(text.slice(0, start)),
      endIndex: Buffer.byteLength(text.slice(0, end)),
      text: text.slice(start, end),
    };
    supports.push({ segment, groundingChunkIndices: [place] });
  }
  return { groundingChunks: chunks, ...(supports.length === 0 ? {} : { groundingSupports: supports }) };
};
