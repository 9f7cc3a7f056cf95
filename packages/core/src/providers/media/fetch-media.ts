import type { MediaSource } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import { Cancellation } from "../../pipeline/cancellation.ts";
import type { Clock } from "../../pipeline/clock.ts";
import { untraced } from "../../telemetry/untraced.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../transport/transport.ts";
import { version } from "../../version.ts";
import { mediaTypeOf } from "./media-type.ts";
import type { MediaSettings } from "./options.ts";

export interface MediaScope {
  readonly settings: MediaSettings;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
  /** Bytes that may still be read for this request. */
  readonly left: { bytes: number };
}

const maxRedirects = 3;

/**
 * Fetches what a client gave by its address.
 *
 * @throws GatewayError `invalid_value` where that is not allowed, fails, or brings nothing a model reads.
 */
export const fetchMedia = async (address: string, scope: MediaScope): Promise<MediaSource> => {
  const { settings, clock, cancellation } = scope;
  const call = new Cancellation();
  const stop = (reason: unknown): void => call.cancel(reason);
  const timer = clock.timer(settings.timeoutMs, () => stop(unfetched(address, "it took too long")));
  cancellation.add(stop);
  try {
    const response = await follow(address, scope, call);
    const bytes = await readAll(response.body, address, scope);
    const mediaType = mediaTypeOf(bytes, response.headers["content-type"]);
    if (mediaType === undefined) throw unfetched(address, "it is neither text nor a kind of file that models read");
    return { type: "base64", mediaType, data: bytes.toString("base64") };
  } catch (error) {
    if (cancellation.cancelled) throw cancellation.reason;
    throw GatewayError.is(error) && error.code === "invalid_value"
      ? error
      : unfetched(address, "its host could not be reached or broke off", error);
  } finally {
    timer.cancel();
    cancellation.remove(stop);
    call.cancel(new Error("The file is fetched, or is not wanted any more."));
  }
};

/** The answer at the end of all redirects, each of which must lead to an allowed host. */
const follow = async (
  address: string,
  { settings, transport }: MediaScope,
  call: Cancellation,
): Promise<TransportResponse> => {
  let url = URL.parse(address);
  for (let hops = 0; hops <= maxRedirects; hops++) {
    if (url === null || !settings.allows(url)) throw unfetched(address, "`media.allowHosts` does not allow its host");
    const request = new MediaRequest(url.href, call);
    const response = await untraced(() => transport.send(request));
    const { status, headers, body } = response;
    if (status === 200) return response;
    void body.return?.().catch(() => undefined);
    const { location } = headers;
    if (status < 300 || status >= 400 || location === undefined) {
      throw unfetched(address, `its host answered with status ${status}`);
    }
    url = URL.parse(location, url.href);
  }
  throw unfetched(address, "it is redirected too often");
};

const readAll = async (
  body: AsyncIterator<Uint8Array>,
  address: string,
  { left, settings }: MediaScope,
): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for (let read = await body.next(); read.done !== true; read = await body.next()) {
    left.bytes -= read.value.byteLength;
    if (left.bytes < 0) throw unfetched(address, `the files of a request may have ${settings.maxBytes} bytes together`);
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
};

class MediaRequest implements TransportRequest {
  readonly method = "GET";
  readonly url: string;
  readonly headers = { accept: "*/*", "user-agent": `llm-gateway/${version}` };
  readonly cancellation: Cancellation;

  constructor(url: string, cancellation: Cancellation) {
    this.url = url;
    this.cancellation = cancellation;
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }
}

const maxShown = 200;

const unfetched = (address: string, why: string, cause?: unknown): GatewayError => {
  const shown = JSON.stringify(address.length > maxShown ? `${address.slice(0, maxShown)}…` : address);
  return new GatewayError("invalid_value", `${shown} could not be fetched: ${why}. Send the file itself as base64.`, {
    param: "messages",
    cause,
    // Another provider may fetch it by itself.
    fallback: true,
  });
};
