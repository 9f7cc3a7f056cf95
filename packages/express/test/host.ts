import { once } from "node:events";
import { createServer } from "node:http";
import type { AdapterHost, HostFeature } from "@llm-gateway/core/testing";
import compression from "compression";
import cors from "cors";
import type express from "express";
import type { Request, RequestHandler } from "express";
import helmet from "helmet";
import multer from "multer";
import { llmGateway } from "../src/index.ts";
import { watchErrors } from "./set-up.ts";

const logIn: RequestHandler = (request, _, next) => {
  const name = request.get("x-user");
  if (name !== undefined) request.user = { name };
  next();
};

const middlewareOf = (framework: typeof express): Partial<Record<HostFeature, RequestHandler>> => ({
  json: framework.json(),
  raw: framework.raw({ type: "application/json" }),
  text: framework.text({ type: "application/json" }),
  "spent-body": (request, _, next) => void request.resume().on("end", next),
  compression: compression(),
  helmet: helmet(),
  cors: cors(),
  uploads: multer().any(),
  user: logIn,
});

const loggedIn = ({ raw: { user } }: { readonly raw: Request }): { id: string } | null =>
  user === undefined ? null : { id: user.name };

/** An Express app with the gateway as its middleware. */
export const expressHost = (name: string, framework: typeof express): AdapterHost => {
  const middleware = middlewareOf(framework);
  // Object.keys gives plain strings; these are the keys written above.
  const features = Object.keys(middleware) as HostFeature[];
  return {
    name,
    features: new Set([...features, "prefix", "fall-through", "node"]),
    start: async ({ options, before = [], prefix = "/" }) => {
      const llm = llmGateway({ ...options, ...(before.includes("user") ? { authenticate: loggedIn } : {}) });
      // Express would refuse to name itself in an answer that has begun.
      const app = framework().disable("x-powered-by");
      for (const feature of before) {
        const handler = middleware[feature];
        if (handler !== undefined) app.use(handler);
      }
      app.use(prefix, llm);
      app.use((request, response) => void response.status(418).send(`${request.method} ${request.path}`));
      const errors = watchErrors(app);
      const server = createServer(app).listen(0, "127.0.0.1");
      await once(server, "listening");
      const stop = async (): Promise<void> => {
        const closed = once(server, "close");
        server.close();
        await llm.close();
        await closed;
      };
      return { server, gateway: llm.gateway, errors, stop };
    },
  };
};
