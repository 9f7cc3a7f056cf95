import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { bodyParser } from "@koa/bodyparser";
import cors from "@koa/cors";
import type { AdapterHost, HostFeature } from "@llm-gateway/core/testing";
import Koa, { type Context, type Middleware } from "koa";
import koaBodyParser from "koa-bodyparser";
import compress from "koa-compress";
import helmet from "koa-helmet";
import mount from "koa-mount";
import Koa2 from "koa2";
import { llmGateway, type KoaOptions } from "../src/index.ts";

/** What an app keeps for a request. */
interface State {
  user?: { readonly id: string };
}

type StateMiddleware = Middleware<State>;

/** Has a body parser of Koa's read JSON as text. */
export const asText = { enableTypes: ["text" as const], extendTypes: { text: ["application/json"] } };

/** The body parsers that are usual for one version of Koa. */
type Parsers = Readonly<Record<"json" | "text", StateMiddleware>>;
const parsersOf2: Parsers = { json: koaBodyParser(), text: koaBodyParser(asText) };
const parsersOf3: Parsers = { json: bodyParser(), text: bodyParser(asText) };

/** A body parser that leaves bytes. */
export const asBytes: Middleware = async (ctx, next) => {
  ctx.request.body = await buffer(ctx.req);
  await next();
};

const otherMiddleware = {
  raw: asBytes,
  "spent-body": async (ctx, next) => {
    await buffer(ctx.req);
    await next();
  },
  compression: compress(),
  helmet: helmet(),
  cors: cors(),
  uploads: async (ctx, next) => {
    const type = ctx.get("content-type");
    if (type.startsWith("multipart/form-data")) {
      const form = await new Response(await buffer(ctx.req), { headers: { "content-type": type } }).formData();
      ctx.request.body = Object.fromEntries(form);
    }
    await next();
  },
  user: async (ctx, next) => {
    const id = ctx.get("x-user");
    if (id !== "") ctx.state.user = { id };
    await next();
  },
} satisfies Record<string, StateMiddleware>;

const byUser: KoaOptions<State> = { authenticate: ({ raw }) => raw.state.user };

const hostOf = (name: string, framework: typeof Koa, parsers: Parsers): AdapterHost => {
  const middleware: Partial<Record<HostFeature, StateMiddleware>> = { ...parsers, ...otherMiddleware };
  return {
    name,
    features: new Set(["node", "prefix", "fall-through", ...Object.keys(middleware)] as HostFeature[]),
    start: async ({ options, before = [], prefix = "/" }) => {
      const app = new framework<State>();
      const errors: unknown[] = [];
      app.on("error", (error, { req }: Context) => {
        // A connection that breaks is an error event whatever is mounted; it comes from Koa, not from the gateway.
        if (req.socket.errored !== error) errors.push(error);
      });
      for (const feature of before) {
        const inFront = middleware[feature];
        if (inFront !== undefined) app.use(inFront);
      }
      const gateway = llmGateway<State>({ ...options, ...(before.includes("user") ? byUser : {}) });
      app.use(mount(prefix, gateway));
      app.use((ctx) => {
        ctx.status = 418;
        ctx.body = `${ctx.method} ${ctx.url}`;
      });

      const server = app.listen(0, "127.0.0.1");
      await once(server, "listening");
      return {
        server,
        gateway: gateway.gateway,
        errors,
        stop: async () => {
          const closed = new Promise((resolve) => void server.close(resolve));
          await gateway.close();
          await closed;
        },
      };
    },
  };
};

export const koa2: AdapterHost = hostOf("Koa 2", Koa2, parsersOf2);
export const koa3: AdapterHost = hostOf("Koa 3", Koa, parsersOf3);
