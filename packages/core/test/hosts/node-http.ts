import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { handleNode } from "../../src/http/node.ts";
import { createGateway } from "../../src/index.ts";
import type { AdapterHost, HostFeature } from "../../src/testing/index.ts";
import { runServer } from "./run-server.ts";

type OwnRequest = IncomingMessage & { body?: unknown; user?: string | undefined };

/** What a handwritten server does before it looks at the path. */
const steps: Partial<Record<HostFeature, (request: OwnRequest) => unknown>> = {
  json: async (request) => (request.body = JSON.parse((await text(request)) || "{}")),
  raw: async (request) => (request.body = Buffer.from(await text(request))),
  text: async (request) => (request.body = await text(request)),
  "spent-body": (request) => text(request),
  user: (request) => (request.user = request.headers["x-user"]?.toString()),
};

const loggedIn = ({ raw: { user } }: { readonly raw: OwnRequest }): { id: string } | null =>
  user === undefined ? null : { id: user };

/** A handwritten server, which gives to the gateway what is the gateway's. */
export const nodeHttp: AdapterHost = {
  name: "handleNode",
  features: new Set(["json", "raw", "text", "spent-body", "user", "prefix", "fall-through", "node"]),
  start: ({ options, before = [], prefix = "" }) => {
    const gateway = createGateway({ ...options, ...(before.includes("user") ? { authenticate: loggedIn } : {}) });
    const errors: unknown[] = [];
    const server = createServer((request, response) => {
      const serve = async (): Promise<void> => {
        for (const feature of before) await steps[feature]?.(request);
        const { pathname } = new URL(request.url ?? "/", "http://host");
        const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) : "";
        if (!handleNode(gateway, request, response, { path }))
          response.writeHead(418).end(`${request.method} ${pathname}`);
      };
      serve().catch((error: unknown) => {
        errors.push(error);
        response.writeHead(500).end();
      });
    });
    return runServer(server, gateway, errors);
  },
};
