import { UpstreamError } from "../errors.ts";
import type { Watchdog } from "./watchdog.ts";

/**
 * Reads a whole answer.
 *
 * @throws UpstreamError `upstream_response_too_large` beyond `maxBytes`, or what the transport throws.
 */
export const readBody = async (
  body: AsyncIterator<Uint8Array>,
  maxBytes: number,
  provider: string,
  watchdog?: Watchdog,
): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    watchdog?.waiting();
    const result = await body.next();
    if (result.done === true) break;
    bytes += result.value.byteLength;
    if (bytes > maxBytes) {
      void body.return?.().catch(() => undefined);
      throw new UpstreamError("upstream_response_too_large", `${provider} sent more than an answer may hold.`, {
        provider,
      });
    }
    chunks.push(result.value);
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1
    ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
    : Buffer.concat(chunks);
};

/** Parsed JSON, or the text itself where it is none. */
export const parseLoosely = (bytes: Buffer): unknown => {
  const text = bytes.toString("utf8");
  try {
    return JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text) as unknown;
  } catch {
    return text;
  }
};
