import { createAwsEventStreamParser } from "./aws-event-stream.ts";
import type { FrameParser } from "./frame.ts";
import { createNdjsonParser } from "./ndjson.ts";
import { createSseParser } from "./sse.ts";

/** How a stream's bytes are cut into frames. */
export interface Framing {
  readonly createParser: () => FrameParser;
  /** What a stream's last frame gets where it lacks its own terminator: without it, what is written next would be lost. */
  readonly terminator: string;
}

const framings: ReadonlyMap<string, Framing> = new Map<string, Framing>([
  ["text/event-stream", { createParser: createSseParser, terminator: "\n\n" }],
  ["application/x-ndjson", { createParser: createNdjsonParser, terminator: "\n" }],
  ["application/vnd.amazon.eventstream", { createParser: createAwsEventStreamParser, terminator: "" }],
]);

/** How an answer of this content type is framed; `undefined` where it is no stream but one body. */
export const framingOf = (contentType: string | undefined): Framing | undefined => {
  if (contentType === undefined) return undefined;
  const end = contentType.indexOf(";");
  return framings.get((end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase());
};
