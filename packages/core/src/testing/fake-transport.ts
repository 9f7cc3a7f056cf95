import type { Transport, TransportRequest } from "../transport/transport.ts";

/** What a fake provider answers. */
export interface FakeAnswer {
  /** @default 200 */
  readonly status?: number;
  /** Names in lower case. @default `content-type: application/json`, or `text/event-stream` for several chunks */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a list chunk by chunk, each as a network read of its own. */
  readonly body: string | object | readonly (string | Uint8Array)[];
  /** Thrown after the last chunk in place of a proper end. */
  readonly breaksWith?: Error;
}

export interface FakeTransport extends Transport {
  /** What arrived, in order. */
  readonly requests: readonly TransportRequest[];
  /** Answers that were given up before their end. */
  readonly closedEarly: () => number;
}

/**
 * A way to providers that exist only in the test: `respond` says what each request is answered. Throwing in it is a
 * failure to reach the provider; a promise that never settles is a provider that hangs until it is given up.
 */
export const createFakeTransport = (
  respond: (request: TransportRequest, index: number) => FakeAnswer | Promise<FakeAnswer>,
): FakeTransport => {
  const requests: TransportRequest[] = [];
  let closed = 0;
  return {
    requests,
    closedEarly: () => closed,
    send: async (request) => {
      requests.push(request);
      const answer = await untilAborted(Promise.resolve(respond(request, requests.length - 1)), request.signal);
      const stream = Array.isArray(answer.body);
      const chunks = toChunks(answer.body);
      let index = 0;
      let over = false;
      return {
        status: answer.status ?? 200,
        headers: answer.headers ?? { "content-type": stream ? "text/event-stream" : "application/json" },
        body: {
          next: async () => {
            if (request.signal.aborted) throw request.signal.reason;
            const value = chunks[index++];
            if (value !== undefined) return { done: false, value };
            over = true;
            if (answer.breaksWith !== undefined) throw answer.breaksWith;
            return { done: true, value: undefined };
          },
          return: () => {
            if (!over) closed++;
            over = true;
            return Promise.resolve({ done: true, value: undefined });
          },
        },
      };
    },
    close: () => Promise.resolve(),
  };
};

const toChunks = (body: FakeAnswer["body"]): readonly Uint8Array[] => {
  const pieces = Array.isArray(body)
    ? (body as readonly (string | Uint8Array)[])
    : [typeof body === "string" ? body : JSON.stringify(body)];
  return pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
};

const untilAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", onAbort))
      .catch(() => undefined);
  });
