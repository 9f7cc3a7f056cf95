import { pull, type Pulled, type Source } from "../chat/pull.ts";
import { UpstreamError } from "../errors.ts";
import type { Watchdog } from "./watchdog.ts";

/**
 * Reads a whole answer; a promise only where it has to be waited for.
 *
 * @throws UpstreamError `upstream_response_too_large` beyond `maxBytes`, or what the transport throws.
 */
export const readBody = (
  body: Source<Uint8Array>,
  maxBytes: number,
  provider: string,
  watchdog?: Watchdog,
): Buffer | Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  /** @returns what came, once it is all. */
  const take = (result: IteratorResult<Uint8Array>): Buffer | undefined => {
    if (result.done === true) return join(chunks);
    bytes += result.value.byteLength;
    if (bytes > maxBytes) {
      void body.return?.().catch(() => undefined);
      throw new UpstreamError("upstream_response_too_large", `${provider} sent more than an answer may hold.`, {
        provider,
      });
    }
    chunks.push(result.value);
    return undefined;
  };
  const readOn = async (first: Promise<IteratorResult<Uint8Array>>): Promise<Buffer> => {
    for (let pulled: Pulled<Uint8Array> = first; ; pulled = pull(body)) {
      const whole = take(pulled instanceof Promise ? await pulled : pulled);
      if (whole !== undefined) return whole;
      watchdog?.waiting();
    }
  };
  for (;;) {
    watchdog?.waiting();
    const pulled = pull(body);
    if (pulled instanceof Promise) return readOn(pulled);
    const whole = take(pulled);
    if (whole !== undefined) return whole;
  }
};

const join = (chunks: readonly Uint8Array[]): Buffer => {
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
