import { createGateway, isGateway, type Gateway, type GatewayOptions } from "@llm-gateway/core";
import { handleNode } from "@llm-gateway/core/node";
import type { NextFunction, Request, Response } from "express";

/** `createGateway`'s options; `authenticate` sees Express's own request as `request.raw`. */
export type ExpressOptions = GatewayOptions<Request>;

/** Express middleware with its gateway. */
export interface GatewayMiddleware {
  (request: Request, response: Response, next: NextFunction): void;
  readonly gateway: Gateway;
  /** Drains and closes the gateway; for a server that shuts down. */
  readonly close: Gateway["close"];
}

/**
 * The gateway as middleware for Express 4 and 5. Serves `/v1/…` below the path it is mounted at; everything else goes
 * to the next middleware. Works before and after `express.json()`.
 *
 * @param options Options for `createGateway`, or a gateway made with it.
 * @throws TypeError naming the option that is wrong and how to mend it.
 *
 * @example
 * app.use(llmGateway());
 */
export const llmGateway = (options: ExpressOptions | Gateway = {}): GatewayMiddleware => {
  const gateway = isGateway(options) ? options : createGateway(options);
  // Express shows a middleware by its name in errors and traces.
  const llmGatewayMiddleware = (request: Request, response: Response, next: NextFunction): void => {
    if (!handleNode(gateway, request, response, { path: request.path })) next();
  };
  return Object.assign(llmGatewayMiddleware, { gateway, close: gateway.close });
};
