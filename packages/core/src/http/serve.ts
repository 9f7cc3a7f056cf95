import type { Reply } from "../chat/reply.ts";
import type { Finish } from "../chat/finish.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Ending } from "../closing-record.ts";
import type { FrontDialect, Json } from "../dialects/dialect.ts";
import type { Engine, Run } from "../engine.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { Context, Principal } from "../pipeline/context.ts";
import type { Health } from "../providers/health.ts";
import type { Registry } from "../providers/registry.ts";
import { droppedKey } from "../providers/write-request.ts";
import { cacheControlKey, cacheResultKey } from "../stages/cache/context-keys.ts";
import { spentKey } from "../stages/meter/meter.ts";
import { attemptsKey } from "../stages/retry/retry.ts";
import { schemaVerdictKey } from "../stages/translate-stream/answer-check.ts";
import type { Arrival } from "../telemetry/request-facts.ts";
import { findPrincipal, type Authenticate } from "./authenticate.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import { inFormAsked } from "./form-asked.ts";
import { listModels, modelShape, showModel } from "./models.ts";
import { receive, type ReceiveLimits } from "./receive.ts";
import { respondStream, respondWhole, type StreamTimings } from "./respond.ts";
import { keepFor, recallFor, type Keeper } from "./responses/keeper.ts";
import { lookUpKept } from "./responses/serve-kept.ts";
import { findRoutes, routeFor, routeNames, type ChatRoute, type LookUpRoute, type Route } from "./routes.ts";
import { requestIdHeaders } from "./request-id-headers.ts";
import { sendError, statusOf } from "./send-error.ts";
import { headerSafe, sendJson } from "./send-json.ts";
import { serveCount, type Count } from "./serve-count.ts";

/** What the edge needs to serve a request. */
export interface Edge {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly health: Health;
  readonly count: Count;
  readonly keeper: Keeper;
  readonly authenticate: Authenticate;
  readonly limits: ReceiveLimits;
  readonly timings: StreamTimings;
  /** Unix seconds the gateway was made; `created` of its models. */
  readonly createdAt: number;
  /** Clients see what the provider wrote in its errors. */
  readonly exposeUpstreamErrors: boolean;
}

/**
 * Serves one HTTP exchange from the first header to the last byte. Never rejects: every failure becomes an answer in
 * the dialect that was asked.
 */
export const serve = async (
  edge: Edge,
  incoming: Incoming,
  outgoing: Outgoing,
  principal?: Principal,
): Promise<void> => {
  const { engine, exposeUpstreamErrors } = edge;
  const { clock } = engine.options;
  const requestId = engine.createRequestId();
  const { method, path } = incoming;
  const routes = findRoutes(path);
  const asked = inFormAsked(routeFor(routes, method), incoming);
  const chat = asked?.kind === "chat" ? asked : routes.find(isChat);
  const arrival: Arrival = { http: incoming, route: chat?.template ?? path, now: clock.now(), wall: clock.wall() };
  const respondError: RespondError = (error, traceId) => {
    const answer = { routes: asked === undefined ? routes : [asked], method, requestId, traceId, exposeUpstreamErrors };
    sendError(outgoing, error, answer);
  };
  let caller = principal;
  let run: Run | undefined;
  try {
    if (asked === undefined) throw notServed(routes, incoming);
    const known = caller ?? findPrincipal(incoming, edge.authenticate);
    caller = known instanceof Promise ? await known : known;
    if (asked.kind === "chat") {
      run = await startChat(edge, asked, incoming, { principal: caller, requestId, arrival });
      await answerChat(edge, asked.dialect, run, outgoing, respondError);
    } else if (asked.kind === "count") await serveCount(edge, asked, incoming, outgoing, caller, requestId);
    else {
      const found =
        asked.kind === "kept" ? await lookUpKept(edge.keeper, asked, incoming, caller) : lookUp(edge, asked);
      sendJson(outgoing, method, 200, JSON.stringify(found), requestIdHeaders(asked.dialect, requestId));
    }
  } catch (error) {
    const failure = toGatewayError(error);
    if (chat !== undefined && run === undefined) {
      const { operation, dialect } = chat;
      const refused = { operation, dialect: dialect.id, requestId, arrival, principal: caller };
      const refusal = engine.refuse(refused, failure);
      respondError(failure, refusal.traceId);
      refusal.close({ status: statusOf(failure), begun: false });
      return;
    }
    if (failure.code === "internal_error") {
      engine.options.logger.error("A request failed inside the gateway.", { requestId, cause: failure.cause });
    }
    respondError(failure);
  }
};

const isChat = (route: Route): route is ChatRoute => route.kind === "chat";

const notServed = (routes: readonly Route[], { method, path }: Incoming): GatewayError => {
  if (routes.length > 0) {
    const served = routes.map((route) => route.method).join(" or ");
    return new GatewayError("method_not_allowed", `Use ${served} here, not ${method.slice(0, 20)}.`);
  }
  const shown = JSON.stringify(path.slice(0, 100));
  return new GatewayError("route_not_found", `There is nothing at ${shown}. Routes are ${routeNames().join(", ")}.`);
};

const lookUp = (edge: Edge, route: LookUpRoute): Json => {
  const describe = modelShape(route.dialect.id, edge.createdAt);
  switch (route.kind) {
    case "models":
      return listModels(edge.registry, describe);
    case "model":
      return showModel(edge.registry, route.id, describe);
    case "health":
      return {
        status: edge.engine.draining() ? "shutting_down" : "ok",
        providers: edge.registry.providers().map(({ id }) => id),
        targets: edge.health.list(),
      };
  }
};

type RespondError = (error: unknown, traceId?: string) => void;

const startChat = (
  { engine, limits, keeper }: Edge,
  { dialect, address }: ChatRoute,
  incoming: Incoming,
  asker: { readonly principal: Principal; readonly requestId: string; readonly arrival: Arrival },
): Promise<Run> => {
  const recall = recallFor(keeper, dialect, asker.principal);
  const start = (request: ChatRequest): Run =>
    engine.run(request, { ...asker, prepare: (context) => readCacheControl(incoming, context) });
  return receive(incoming, dialect, limits, address, recall).then(start);
};

const answerChat = async (
  { engine, timings, keeper }: Edge,
  dialect: FrontDialect,
  run: Run,
  outgoing: Outgoing,
  respondError: RespondError,
): Promise<void> => {
  const { id: requestId, request, principal } = run.context;
  outgoing.onClose(() => run.abort(new GatewayError("client_closed", "The client closed the connection.")));
  const keep = keepFor(keeper, dialect, request, principal);
  const created = Math.floor(engine.options.clock.wall() / 1000);
  const options = { requestId, created, request, isKept: keep !== undefined };
  const headersOf = (reply: Reply | undefined): Record<string, string> => answerHeaders(dialect, run, reply);

  let finish: Finish = { exit: "complete" };
  let ending: Ending = { status: 200, begun: true };
  let over: Promise<void> | undefined;
  try {
    if (request.stream) {
      const { reply, context } = run;
      const streamed = await respondStream(reply, dialect, options, headersOf, outgoing, context, timings, keep);
      ({ finish, over } = streamed);
      if (!streamed.sent) throw finish.error;
    } else {
      await respondWhole(await run.reply, dialect, options, headersOf, outgoing, keep);
    }
  } catch (error) {
    finish = { exit: "failed", error };
    ending = { status: statusOf(toGatewayError(error)), begun: false };
    respondError(error, run.telemetry?.traceId);
  } finally {
    run.close(finish, ending);
  }
  if (over !== undefined) await over;
};

const readCacheControl = (incoming: Incoming, context: Context): void => {
  const header = incoming.header("cache-control");
  if (header === undefined) return;
  const asked = header.toLowerCase();
  context.set(cacheControlKey, { noStore: asked.includes("no-store"), noCache: asked.includes("no-cache") });
};

/** What the gateway says of an answer beside the answer itself. */
const answerHeaders = (
  dialect: FrontDialect,
  { context, telemetry }: Run,
  reply: Reply | undefined,
): Record<string, string> => {
  const headers = requestIdHeaders(dialect, context.id);
  const attempts = context.get(attemptsKey);
  const cache = context.get(cacheResultKey);
  const dropped = context.get(droppedKey);
  const spent = context.get(spentKey);
  const verdict = context.get(schemaVerdictKey);
  if (reply?.target !== undefined) headers["x-llm-gateway-target"] = headerSafe(reply.target.id);
  if (attempts !== undefined) headers["x-llm-gateway-attempts"] = String(attempts.length);
  if (cache !== undefined) headers["x-llm-gateway-cache"] = cache;
  // A streamed answer is neither judged nor paid for yet when its headers go out.
  if (verdict !== undefined) headers["x-llm-gateway-schema"] = verdict;
  if (spent?.costNanoUsd !== undefined) headers["x-llm-gateway-cost"] = (spent.costNanoUsd / 1e9).toFixed(9);
  if (dropped !== undefined && dropped.length > 0) headers["x-llm-gateway-dropped"] = headerSafe(dropped.join(", "));
  const traceId = telemetry?.traceId;
  if (traceId !== undefined) headers["x-llm-gateway-trace-id"] = traceId;
  return headers;
};
