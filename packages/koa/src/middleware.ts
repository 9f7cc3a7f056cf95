import { createGateway, isGateway, type Gateway, type GatewayOptions } from "@llm-gateway/core";
import { NodeIncoming } from "@llm-gateway/core/node";
import type { DefaultContext, DefaultState, ExtendableContext, Next, ParameterizedContext } from "koa";
import { KoaOutgoing } from "./outgoing.ts";

/**
 * `createGateway`'s options; `authenticate` sees Koa's own `ctx` as `request.raw`, with the app's types of state and
 * context.
 */
export type KoaOptions<StateT = DefaultState, ContextT = DefaultContext> = GatewayOptions<
  ParameterizedContext<StateT, ContextT>
>;

/** Koa middleware with its gateway. */
export interface GatewayMiddleware<StateT = DefaultState, ContextT = DefaultContext> {
  /** Resolves when the answer is over: a whole one is `ctx.body`, a streamed one is written. */
  (ctx: ParameterizedContext<StateT, ContextT>, next: Next): Promise<void>;
  readonly gateway: Gateway;
  /** Drains and closes the gateway; for a server that shuts down. */
  readonly close: Gateway["close"];
}

/**
 * The gateway as middleware for Koa 2 and 3. Serves `/v1/…` below the path it is mounted at with koa-mount; everything
 * else goes to the next middleware. Works before and after a body parser.
 *
 * @param options Options for `createGateway`, or a gateway made with it.
 * @throws TypeError naming the option that is wrong and how to mend it.
 *
 * @example
 * app.use(llmGateway());
 */
export const llmGateway = <StateT = DefaultState, ContextT = DefaultContext>(
  options: KoaOptions<StateT, ContextT> | Gateway = {},
): GatewayMiddleware<StateT, ContextT> => {
  const gateway = isGateway(options) ? options : createGateway(options);
  // Koa shows a middleware by its name when it is debugged.
  const llmGatewayMiddleware = (ctx: ExtendableContext, next: Next): Promise<void> => {
    const { method, path, req } = ctx;
    if (!gateway.answers(method, path)) return next();
    const incoming = new NodeIncoming(req, { path, raw: ctx, body: parsedBody(ctx) });
    return gateway.handle(incoming, new KoaOutgoing(ctx));
  };
  return Object.assign(llmGatewayMiddleware, { gateway, close: gateway.close });
};

/** What a body parser left: the text it read, which is passed on as it is, or else what it made of it. */
const parsedBody = (ctx: ExtendableContext): unknown => {
  // Both are there only where a parser is, and every parser gives them types of its own.
  const { body, rawBody } = ctx.request as { readonly body?: unknown; readonly rawBody?: unknown };
  return rawBody ?? body;
};
