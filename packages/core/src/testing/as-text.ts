import type { EventBatch } from "../chat/event.ts";
import type { EventEncoder } from "../dialects/dialect.ts";

/** An encoder whose bytes come as text. */
export interface TextEncoder extends Omit<EventEncoder, "encode" | "end"> {
  readonly encode: (batch: EventBatch) => string;
  readonly end: () => string;
}

/** For tests that compare what an encoder writes. */
export const asText = (encoder: EventEncoder): TextEncoder => ({
  encode: (batch) => textOf(encoder.encode(batch)),
  end: () => textOf(encoder.end()),
  fail: (error) => encoder.fail(error),
});

const textOf = (written: string | Uint8Array): string =>
  typeof written === "string" ? written : Buffer.from(written).toString();
