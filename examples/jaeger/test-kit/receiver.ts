import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { urlOf } from "../../simulated.ts";
import type { ResourceMetrics, ResourceSpans } from "../traces/otlp.ts";

/** What an application has sent. */
export interface Receiver {
  readonly url: string;
  readonly traces: readonly ResourceSpans[];
  readonly metrics: readonly ResourceMetrics[];
  readonly close: () => void;
}

interface Export {
  readonly resourceSpans?: readonly ResourceSpans[];
  readonly resourceMetrics?: readonly ResourceMetrics[];
}

/** Takes OTLP over HTTP, in JSON, and keeps what comes. */
export const startReceiver = async (): Promise<Receiver> => {
  const traces: ResourceSpans[] = [];
  const metrics: ResourceMetrics[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader("content-type", "application/json");
    // Somebody only looks whether we are here.
    if (request.method !== "POST") return void response.end("{}");
    // Nobody but the SDK of the example sends anything.
    const { resourceSpans = [], resourceMetrics = [] } = (await json(request)) as Export;
    traces.push(...resourceSpans);
    metrics.push(...resourceMetrics);
    response.end("{}");
  };
  const server = createServer((request, response) => void take(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: urlOf(server), traces, metrics, close: () => server.close() };
};
