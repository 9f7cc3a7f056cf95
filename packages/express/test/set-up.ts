import { allowAnyone } from "@llm-gateway/core";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import express4 from "express4";
import { onTestFinished } from "vitest";
import { silent } from "../../core/src/testing/adapter/start-host.ts";
import { greet, startUpstream, type Upstream, type UpstreamCall } from "../../core/src/testing/adapter/upstream.ts";
import { llmGateway, type ExpressOptions, type GatewayMiddleware } from "../src/index.ts";

declare global {
  namespace Express {
    interface Request {
      /** Where middleware customarily leaves who is logged in. */
      user?: { readonly name: string };
    }
  }
}

/** Every Express there is to be tested with. */
export const frameworks: readonly (readonly [string, typeof express])[] = [
  ["Express 4", express4],
  ["Express 5", express],
];

export const path = "/v1/chat/completions";

export interface SetUp {
  readonly app: Express;
  /** The gateway's; the test itself mounts it. */
  readonly middleware: GatewayMiddleware;
  readonly upstream: Upstream;
}

/** An app with nothing in it yet, and a gateway with one provider, which greets unless it is told otherwise. */
export const setUp = async (
  framework: typeof express,
  respond: (call: UpstreamCall) => void = greet,
  options: ExpressOptions = {},
): Promise<SetUp> => {
  const upstream = await startUpstream({ defer: onTestFinished }, respond);
  const middleware = llmGateway({
    providers: [upstream.provider],
    authenticate: allowAnyone(),
    random: () => 0,
    logger: silent,
    ...options,
  });
  return { app: framework(), middleware, upstream };
};

/** Gives the app an error handler of its own, and brings what it is called with. */
export const watchErrors = (app: Express): readonly unknown[] => {
  const errors: unknown[] = [];
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    errors.push(error);
    response.status(599).send("the host's own error");
  });
  return errors;
};
