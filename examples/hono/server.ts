import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createGateway } from "@llm-gateway/core";
import { Hono } from "hono";

const users = new Map([["ada-key", { id: "ada" }]]);

const gateway = createGateway({
  // The key as the client's SDK sends it. Without this only callers on this machine are served, and fetch knows of none.
  authenticate: ({ credential = "" }) => users.get(credential),
});

const app = new Hono();
app.get("/", (c) => c.text("The host's own pages."));
app.mount("/llm", gateway.fetch);

// An HTTP/1 server, as no other is asked for.
export const server = serve({
  fetch: app.fetch,
  hostname: "127.0.0.1",
  port: Number(process.env.PORT ?? 3000),
}) as Server;

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    server.close();
    void gateway.close().then(() => server.closeIdleConnections());
  });
}
