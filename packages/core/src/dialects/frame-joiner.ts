import type { FrameBytes } from "../chat/event.ts";

/** Collects what is to be sent next: text that was written, and frames that pass as they came. */
export interface FrameJoiner {
  readonly write: (text: string) => void;
  readonly pass: (bytes: FrameBytes) => void;
  /** What was collected since it was last taken. Frames that stood next to each other are one piece of their read. */
  readonly take: () => string | Uint8Array;
}

const textOf = (raw: FrameBytes["raw"]): string => (typeof raw === "string" ? raw : Buffer.from(raw).toString());

/**
 * Makes a joiner. The bytes of a network read that passes untouched are neither joined from pieces nor encoded again,
 * which would cost more than everything else that is done with them.
 */
export const createFrameJoiner = (): FrameJoiner => {
  let text = "";
  // The run of neighbouring frames that follows the text.
  let chunk: Uint8Array | undefined;
  let start = 0;
  let end = 0;

  /** Turns the run into text, for what does not follow it in the same read. */
  const settle = (): void => {
    if (chunk === undefined) return;
    text += Buffer.from(chunk.buffer, chunk.byteOffset + start, end - start).toString();
    chunk = undefined;
  };

  return {
    write: (written) => {
      settle();
      text += written;
    },
    pass: (bytes) => {
      const { place } = bytes;
      if (place !== undefined && place.chunk === chunk && place.start === end) {
        ({ end } = place);
        return;
      }
      settle();
      // Asked for only now: what came is cut out by asking.
      if (place === undefined) text += textOf(bytes.raw);
      else ({ chunk, start, end } = place);
    },
    take: () => {
      const head = text;
      const run = chunk?.subarray(start, end);
      text = "";
      chunk = undefined;
      if (run === undefined) return head;
      return head === "" ? run : Buffer.concat([Buffer.from(head), run]);
    },
  };
};
