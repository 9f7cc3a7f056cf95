import type { FrameBytes } from "../chat/event.ts";

const textOf = (raw: FrameBytes["raw"]): string => (typeof raw === "string" ? raw : Buffer.from(raw).toString());

/**
 * Collects what is to be sent next: text that was written, and frames that pass as they came. The bytes of a network read
 * that passes untouched are neither joined from pieces nor encoded again, which would cost more than everything else that
 * is done with them.
 *
 * A class because there is one for each streamed answer: its closures would be made each time.
 */
export class FrameJoiner {
  #text = "";
  // The run of neighbouring frames that follows the text.
  #chunk: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  write(text: string): void {
    this.#settle();
    this.#text += text;
  }

  pass(bytes: FrameBytes): void {
    const { place } = bytes;
    if (place !== undefined && place.chunk === this.#chunk && place.start === this.#end) {
      this.#end = place.end;
      return;
    }
    this.#settle();
    // Asked for only now: what came is cut out by asking.
    if (place === undefined) this.#text += textOf(bytes.raw);
    else {
      this.#chunk = place.chunk;
      this.#start = place.start;
      this.#end = place.end;
    }
  }

  /** What was collected since it was last taken. Frames that stood next to each other are one piece of their read. */
  take(): string | Uint8Array {
    const head = this.#text;
    const run = this.#chunk?.subarray(this.#start, this.#end);
    this.#text = "";
    this.#chunk = undefined;
    if (run === undefined) return head;
    return head === "" ? run : Buffer.concat([Buffer.from(head), run]);
  }

  /** Turns the run into text, for what does not follow it in the same read. */
  #settle(): void {
    const chunk = this.#chunk;
    if (chunk === undefined) return;
    this.#chunk = undefined;
    this.#text += Buffer.from(chunk.buffer, chunk.byteOffset + this.#start, this.#end - this.#start).toString();
  }
}
