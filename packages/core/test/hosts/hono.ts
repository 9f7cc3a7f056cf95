import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { contextStorage, getContext } from "hono/context-storage";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import { createGateway } from "../../src/index.ts";
import type { AdapterHost, HostFeature } from "../../src/testing/index.ts";
import { runServer } from "./run-server.ts";

interface Env {
  readonly Variables: { user?: string };
}

const middleware: Partial<Record<HostFeature, MiddlewareHandler>> = {
  compression: compress(),
  helmet: secureHeaders(),
  cors: cors(),
  "spent-body": createMiddleware(async (c, next) => {
    await c.req.text();
    await next();
  }),
  user: createMiddleware<Env>(async (c, next) => {
    const user = c.req.header("x-user");
    if (user !== undefined) c.set("user", user);
    await next();
  }),
};

/** Who the host's own middleware has found, wherever in the request it is asked. */
const loggedIn = (): { id: string } | null => {
  const { user } = getContext<Env>().var;
  return user === undefined ? null : { id: user };
};

/** Hono on Node, with the gateway's door for fetch-style hosts. */
export const hono: AdapterHost = {
  name: "Hono",
  features: new Set(["prefix", "fall-through", "compression", "helmet", "cors", "spent-body", "user"]),
  start: ({ options, before = [], prefix }) => {
    const gateway = createGateway({ ...options, ...(before.includes("user") ? { authenticate: loggedIn } : {}) });
    const errors: unknown[] = [];
    const app = new Hono<Env>();
    app.onError((error, c) => {
      errors.push(error);
      return c.text("the host's own error", 500);
    });
    app.use(contextStorage());
    for (const feature of before) app.use(middleware[feature] ?? contextStorage());
    if (prefix !== undefined) app.mount(prefix, gateway.fetch);
    else app.use((c, next) => (gateway.answers(c.req.method, c.req.path) ? gateway.fetch(c.req.raw) : next()));
    app.all("*", (c) => c.text(`${c.req.method} ${c.req.path}`, 418));
    // It makes a server of node:http where it is not told otherwise.
    return runServer(createAdaptorServer(app) as Server, gateway, errors);
  },
};
