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
}

const viewOf = ({ buffer, byteOffset, byteLength }: Buffer): DataView => new DataView(buffer, byteOffset, byteLength);

/** A text of a few ASCII characters, which most words of a stream are: for so few a decoder is not worth its call. */
const shortText = (bytes: Uint8Array, at: number, length: number): string | undefined => {
  const code = (index: number): number => bytes[at + index] as number;
  switch (length) {
    case 1:
      return String.fromCharCode(code(0));
    case 2:
      return String.fromCharCode(code(0), code(1));
    case 3:
      return String.fromCharCode(code(0), code(1), code(2));
    case 4:
      return String.fromCharCode(code(0), code(1), code(2), code(3));
    case 5:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4));
    case 6:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5));
    case 7:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6));
    case 8:
      return String.fromCharCode(code(0), code(1), code(2), code(3), code(4), code(5), code(6), code(7));
    default:
      return undefined;
  }
};
