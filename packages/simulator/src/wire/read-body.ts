import type { IncomingMessage } from "node:http";

/** Larger request bodies are refused, as the providers do. */
export const maximumBodyBytes: number = 32 * 1024 * 1024;

/** What became of reading a request body. */
export type ReadBody =
  | { readonly type: "read"; readonly bytes: Buffer }
  | { readonly type: "too-large" }
  | { readonly type: "aborted" };

/** Reads a request body up to the limit; the rest of a larger one is not kept. */
export const readBody = async (request: IncomingMessage): Promise<ReadBody> => {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Requests have no encoding set, so their chunks are buffers.
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maximumBodyBytes) return { type: "too-large" };
      chunks.push(chunk);
    }
  } catch {
    // The client went away while it was sending: nobody is left to answer.
    return { type: "aborted" };
  }
  return { type: "read", bytes: Buffer.concat(chunks) };
};
