import type { IncomingMessage, ServerResponse } from "node:http";
import type { ProviderId } from "./providers/provider.ts";

/** One request that arrived. */
export interface ReceivedRequest {
  /** Undefined for a path that belongs to no provider. */
  readonly provider: ProviderId | undefined;
  /** The model asked for; empty when the request names none. */
  readonly model: string;
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Names in lower case; several values of one name are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON; the text where it was not JSON; undefined where there was no body. */
  readonly body: unknown;
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number;
  /** Number of the connection it came on, counted from 1: requests with the same number shared a socket. */
  readonly connection: number;
  /** The client hung up before the answer was complete. Settled once `closed` is. */
  readonly hungUp: boolean;
  /** Resolves when the exchange is over, however it ended. */
  readonly closed: Promise<void>;
}

/** What is known of a request when it is written down. */
type Arrival = Pick<ReceivedRequest, "provider" | "model" | "body" | "connection">;

/** The list of requests that arrived, oldest first; the newest thousand are kept. */
export interface Journal {
  readonly requests: readonly ReceivedRequest[];
  /** Writes a request down. The returned function says that the simulator itself breaks the connection off. */
  readonly add: (arrival: Arrival, request: IncomingMessage, response: ServerResponse) => () => void;
  readonly clear: () => void;
}

const mostRequests = 1_000;

const headersOf = (request: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(", ")]),
  );

/** Makes an empty journal. */
export const createJournal = (): Journal => {
  const requests: ReceivedRequest[] = [];
  return {
    requests,
    add: (arrival, request, response) => {
      let hungUp = false;
      let brokenOff = false;
      const closed = new Promise<void>((resolve) => {
        response.once("close", () => {
          hungUp = !response.writableFinished && !brokenOff;
          resolve();
        });
      });
      requests.push({
        ...arrival,
        method: request.method ?? "",
        path: request.url ?? "",
        headers: headersOf(request),
        at: Date.now(),
        get hungUp() {
          return hungUp;
        },
        closed,
      });
      if (requests.length > mostRequests) requests.shift();
      return () => {
        brokenOff = true;
      };
    },
    clear: () => {
      requests.length = 0;
    },
  };
};
