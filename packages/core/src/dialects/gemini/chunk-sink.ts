import type { FrameBytes } from "../../chat/event.ts";
import { FrameJoiner } from "../frame-joiner.ts";

/** Takes a stream's chunks, and gives them the form the client asked for. */
export interface ChunkSink {
  readonly write: (json: string) => void;
  /** A chunk as it came, or a frame of the stream that holds none. */
  readonly pass: (bytes: FrameBytes) => void;
  /** What was collected since it was last taken. */
  readonly take: () => string | Uint8Array;
  /** What closes the form. */
  readonly ending: () => string;
}

const toFrame = (json: string): string => `data: ${json}\r\n\r\n`;

/** Server-sent events: `?alt=sse`, which every official client asks for. */
export const createEventSink = (): ChunkSink => {
  const joiner = new FrameJoiner();
  return {
    write: (json) => joiner.write(toFrame(json)),
    pass: (bytes) => joiner.pass(bytes),
    take: () => joiner.take(),
    ending: () => "",
  };
};

/** One JSON array, sent item by item. */
export const createArraySink = (): ChunkSink => {
  let text = "";
  let isEmpty = true;
  const write = (json: string): void => {
    text += (isEmpty ? "[" : ",\r\n") + json;
    isEmpty = false;
  };
  return {
    write,
    pass: ({ raw }) => {
      const data = dataOf(typeof raw === "string" ? raw : Buffer.from(raw).toString());
      if (data !== "") write(data);
    },
    take: () => {
      const taken = text;
      text = "";
      return taken;
    },
    ending: () => (isEmpty ? "[]" : "]"),
  };
};

/** The data of a server-sent event; empty for comments. */
const dataOf = (frame: string): string =>
  frame
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trim())
    .join("\n");
