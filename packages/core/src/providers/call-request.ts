import type { Cancellation } from "../pipeline/cancellation.ts";
import type { TransportRequest } from "../transport/transport.ts";

/** The request as the transport gets it: a signal is only made where the transport wants one. */
export class CallRequest implements TransportRequest {
  readonly method = "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly cancellation: Cancellation;

  constructor(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array,
    cancellation: Cancellation,
  ) {
    this.url = url;
    this.headers = headers;
    this.body = body;
    this.cancellation = cancellation;
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }
}
