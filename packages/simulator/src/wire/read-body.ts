import type { IncomingMessage } from "node:http";

const maximumBodyBytes = 32 * 1024 * 1024;

/** What became of reading a request body. */
export type ReadBody =
  | { readonly type: "read"; readonly bytes: Buffer }
  | { readonly type: "too-large" }
  | { readonly type: "aborted" };

/** Reads a request body of at most 32 MiB, as the providers do; the rest of a larger one is thrown away unread. */
export const readBody = (request: IncomingMessage): Promise<ReadBody> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maximumBodyBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve({ type: "too-large" });
    });
    request.on("end", () => resolve({ type: "read", bytes: Buffer.concat(chunks) }));
    // After the end this comes too, and changes nothing.
    request.on("close", () => resolve({ type: "aborted" }));
  });
