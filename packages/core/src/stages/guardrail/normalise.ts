import { joinPieces, originAt, slicePiece, type Origin, type Piece } from "./piece.ts";

const ignorable = /\p{Default_Ignorable_Code_Point}/u;
const allIgnorable = /\p{Default_Ignorable_Code_Point}/gu;
// Marks, and the Hangul vowels and finals that melt into the letter before them.
const joining = /^[\p{M}\u1160-\u11ff]/u;
const ascii = /^[\0-\x7f]*$/;

const unknown = 0;
const plain = 1;
const joins = 2;
const changes = 3;

// One byte a code point, filled in as they are met: asking Unicode costs a hundred times more than looking here.
let classes: Uint8Array | undefined;

const classOf = (code: number): number => {
  if (code < 0x80) return plain;
  classes ??= new Uint8Array(0x11_0000);
  const known = classes[code] ?? unknown;
  if (known !== unknown) return known;
  const letter = String.fromCodePoint(code);
  const found =
    ignorable.test(letter) || joining.test(letter.normalize("NFKD"))
      ? joins
      : letter.normalize("NFKC") === letter
        ? plain
        : changes;
  classes[code] = found;
  return found;
};

const longestCluster = 32;

/** End of the letter with all its marks that begins at `start`; `undefined` where it may go on behind the text. */
const clusterEnd = (text: string, start: number, ended: boolean): number | undefined => {
  let end = start;
  for (let count = 0; count < longestCluster; count++) {
    const code = text.codePointAt(end);
    if (code === undefined) return ended ? end : undefined;
    const width = code > 0xff_ff ? 2 : 1;
    // Half a surrogate pair: its other half decides what it is.
    if (!ended && (code & 0xfc_00) === 0xd8_00 && width === 1 && end + 1 === text.length) return undefined;
    if (count > 0 && classOf(code) !== joins) return end;
    end += width;
  }
  return end;
};

const normaliseCluster = (cluster: string): string => cluster.replace(allIgnorable, "").normalize("NFKC");

const isPlain = (text: string, start: number, end: number): boolean => {
  const code = text.codePointAt(start) ?? 0;
  return classOf(code) === plain && end - start === (code > 0xff_ff ? 2 : 1);
};

/** Text up to the last letter that is sure to be whole, as it came and as its normalised form. */
interface NormalisedPiece {
  readonly raw: Piece;
  /** Absent where it is the same. */
  readonly normal?: Piece;
}

export interface Normaliser {
  readonly push: (piece: Piece, ended: boolean) => NormalisedPiece;
}

/**
 * Brings text to NFKC without zero-width, tag and variation characters, letter by letter, so that each character
 * knows what it was made from. The result does not depend on how the text was cut into pieces.
 */
export const createNormaliser = (): Normaliser => {
  let waiting: Piece = { text: "", offset: 0 };

  return {
    push: (piece, ended) => {
      const all = joinPieces(waiting, piece);
      const { text } = all;
      if (ascii.test(text)) {
        const length = ended ? text.length : Math.max(0, text.length - 1);
        waiting = slicePiece(all, length);
        return { raw: slicePiece(all, 0, length) };
      }
      let length = 0;
      let changed = false;
      for (;;) {
        const end = length < text.length ? clusterEnd(text, length, ended) : undefined;
        if (end === undefined) break;
        changed ||= !isPlain(text, length, end);
        length = end;
      }
      const raw = slicePiece(all, 0, length);
      waiting = slicePiece(all, length);
      return changed ? { raw, normal: normalised(raw) } : { raw };
    },
  };
};

const normalised = (raw: Piece): Piece => {
  let text = "";
  const origins: Origin[] = [];
  for (let start = 0; start < raw.text.length;) {
    const end = clusterEnd(raw.text, start, true) ?? raw.text.length;
    const first = originAt(raw, start);
    if (isPlain(raw.text, start, end) && end - start === 1) {
      text += raw.text[start];
      origins.push(first);
    } else {
      const form = isPlain(raw.text, start, end)
        ? raw.text.slice(start, end)
        : normaliseCluster(raw.text.slice(start, end));
      const origin: Origin = { ...first, end: originAt(raw, end - 1).end };
      text += form;
      for (let unit = 0; unit < form.length; unit++) origins.push(origin);
    }
    start = end;
  }
  return { text, offset: raw.offset, origins };
};
