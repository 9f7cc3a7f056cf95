import { isAscii } from "node:buffer";

/** Bytes that came together, and their text as far as somebody asks for it. Places in it are counted in bytes. */
export class Chunk {
  readonly bytes: Buffer;
  readonly #isAscii: boolean;
  #view: DataView | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isAscii = isAscii(bytes);
  }

  /** The text between two places. What is no UTF-8 becomes U+FFFD. */
  text(start: number, end: number): string {
    const { bytes } = this;
    if (!this.#isAscii) return bytes.toString("utf8", start, end);
    return shortText(bytes, start, end - start) ?? bytes.toString("latin1", start, end);
  }

  /**
   * Whether a piece of this chunk is the same as one of another, which must have no NULs. Eight bytes are compared at a
   * time: as numbers, of which some that are no numbers are never the same.
   */
  isSame(at: number, other: Chunk, from: number, length: number): boolean {
    if (at + length > this.bytes.length) return false;
    const own = (this.#view ??= viewOf(this.bytes));
    const others = (other.#view ??= viewOf(other.bytes));
    const last = length - 8;
    for (let offset = 0; offset <= last; offset += 8) {
      if (own.getFloat64(at + offset, true) !== others.getFloat64(from + offset, true)) return false;
    }
    // The last eight once more, whatever of them was compared before: byte by byte they would cost as much as all others.
    if (last >= 0) return own.getFloat64(at + last, true) === others.getFloat64(from + last, true);
    for (let offset = 0; offset < length; offset++) {
      if (own.getUint8(at + offset) !== others.getUint8(from + offset)) return false;
    }
    return true;
  }

  /**
   * Where what JSON writes in a string as it is ends: at a quote, a backslash, a control character, or with the bytes.
   * Four bytes are looked at a time.
   */
  endOfPlain(from: number): number {
    const { bytes } = this;
    const view = (this.#view ??= viewOf(bytes));
    const last = bytes.length - 4;
    let at = from;
    for (; at <= last; at += 4) {
      const special = specialIn(view.getInt32(at, true));
      if (special !== 0) return at + (trailingZeros(special) >> 3);
    }
    // Those that are left one by one, each with three spaces.
    while (at < bytes.length && specialIn(code(bytes, at) | 0x20202000) === 0) at++;
    return at;
  }
}

// The lowest bit of each of four bytes, and the highest.
const lowest = 0x01010101;
const highest = 0x80808080;

/** The highest bit of each of four bytes that is zero; those of bytes above such a one may be wrong. */
const zerosIn = (four: number): number => (four - lowest) & ~four & highest;

/** The same of those that stand for something in a JSON string: quotes, backslashes, and what is below a space. */
const specialIn = (four: number): number =>
  zerosIn(four ^ 0x22222222) | zerosIn(four ^ 0x5c5c5c5c) | zerosIn(four & 0xe0e0e0e0);

const trailingZeros = (bits: number): number => 31 - Math.clz32(bits & -bits);

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer): DataView => new DataView(buffer, byteOffset, byteLength);

/**
 * A text of at most eight ASCII characters, which most words of a stream are: for so few a decoder is not worth its call.
 * Eight are taken at once, and those behind the text are cut off.
 */
const shortText = (bytes: Uint8Array, at: number, length: number): string | undefined => {
  if (length > 8 || at + 8 > bytes.length) return undefined;
  const eight = String.fromCharCode(
    code(bytes, at),
    code(bytes, at + 1),
    code(bytes, at + 2),
    code(bytes, at + 3),
    code(bytes, at + 4),
    code(bytes, at + 5),
    code(bytes, at + 6),
    code(bytes, at + 7),
  );
  return eight.slice(0, length);
};

// Not within the function above: it would be made anew for every word.
const code = (bytes: Uint8Array, index: number): number => bytes[index] as number;
