/**
 * Stands in for Next, so that the example runs without it: calls the route's handlers as Next does. An app needs only
 * what is in `app` and `lib`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { GET, POST } from "./app/api/llm/[...path]/route.ts";
import { gateway } from "./lib/gateway.ts";

const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  const left = new AbortController();
  outgoing.once("close", () => left.abort());
  const { method = "GET", url } = incoming;
  const request = new Request(`http://127.0.0.1${url}`, {
    method,
    // A header that Node gives as a list is one that no request has.
    headers: incoming.headers as Record<string, string>,
    signal: left.signal,
    ...(method === "POST" ? { body: incoming, duplex: "half" } : {}),
  });
  const response = await (method === "POST" ? POST(request) : GET(request));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  await pipeline(response.body ?? [], outgoing);
};

export const server = createServer((incoming, outgoing) => {
  // A client that leaves ends the answer with an error, which is no news to anybody.
  answer(incoming, outgoing).catch(() => outgoing.destroy());
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    void gateway.close().then(() => server.closeIdleConnections());
  });
}
