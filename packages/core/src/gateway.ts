import { inProcess, toChatRequest, type ChatInput } from "./chat-input.ts";
import type { Reply } from "./chat/reply.ts";
import { countTokens } from "./dry-run/count-tokens.ts";
import { explain } from "./dry-run/explain.ts";
import type { Explanation } from "./dry-run/explanation.ts";
import { createEngine, type Engine, type Run } from "./engine.ts";
import { resolveAuthenticate, type Authenticate } from "./http/authenticate.ts";
import type { Door } from "./http/exchange.ts";
import { handleFetch, toFetch } from "./http/fetch.ts";
import { createKeeper, forgetful } from "./http/responses/keeper.ts";
import { memoryResponseStore } from "./http/responses/memory-store.ts";
import { isOurs } from "./http/routes.ts";
import { serve, type Edge } from "./http/serve.ts";
import { defaultLogger, guardLogger } from "./logger.ts";
import { resolveOptions, type GatewayOptions } from "./options.ts";
import { systemClock, type Clock } from "./pipeline/clock.ts";
import type { ContextKey, Principal } from "./pipeline/context.ts";
import type { Stage } from "./pipeline/stage.ts";
import { callSettingsKey } from "./providers/call-settings.ts";
import { providersFromEnv } from "./providers/from-env.ts";
import { createHealth, healthKey } from "./providers/health.ts";
import { createRegistry, registryKey } from "./providers/registry.ts";
import { droppedKey } from "./providers/write-request.ts";
import { cache } from "./stages/cache/cache.ts";
import { guardrail } from "./stages/guardrail/guardrail.ts";
import { ledgerKey } from "./stages/meter/ledger.ts";
import { meter } from "./stages/meter/meter.ts";
import { normalize } from "./stages/normalize/normalize.ts";
import { retry } from "./stages/retry/retry.ts";
import { route } from "./stages/route/route.ts";
import { translateStream } from "./stages/translate-stream/translate-stream.ts";
import { createContentCapture } from "./telemetry/content/capture.ts";
import { createDrawingTracer } from "./telemetry/drawn-span.ts";
import { createLateTracer, type LateTracer } from "./telemetry/late-tracer.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import type { TelemetryParts } from "./telemetry/parts.ts";
import { safely } from "./telemetry/safely.ts";
import type { Transport } from "./transport/transport.ts";
import { createUndiciTransport } from "./transport/undici.ts";

export interface ChatOptions {
  /** Who asks. @default `{ id: "in-process" }` */
  readonly principal?: Principal;
  readonly signal?: AbortSignal;
}

/** The answer to a caller in this process. */
export interface ChatReply extends Reply {
  /** Parameters the provider does not have and that were left out, by their names in its dialect; usually none. */
  readonly dropped: readonly string[];
}

/** An LLM gateway, ready to be put into a host. */
export interface Gateway extends Door {
  /** The door for fetch-style hosts; authenticates. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** A `fetch` for client SDKs in this process: the whole gateway with no socket. Give it to nobody but your own code. */
  readonly fetchAs: (principal: Principal) => typeof globalThis.fetch;
  /**
   * Asks with no HTTP shape at all; `collect(reply)` folds the answer. A reply that is not wanted must be cancelled.
   *
   * @throws GatewayError for everything that goes wrong before the answer begins; later failures throw while it is read.
   */
  readonly chat: (request: ChatInput, options?: ChatOptions) => Promise<ChatReply>;
  /**
   * A dry run: whom the request would reach, what each of them would be sent, and what that may cost. A request that
   * would be refused is explained as well: `refused` says by whom and why.
   *
   * It takes the way through the gateway's own stages, the host's and a look into the cache included, up to where a
   * provider would be called. No provider is asked, and nothing is booked, stored, counted or traced. What a stage of
   * the host's own does by itself it does here too, unless it looks at `dryRunKey`.
   *
   * @throws GatewayError `invalid_value` where model or messages are not what the types say, `client_closed` where the
   * signal is aborted.
   */
  readonly explain: (request: ChatInput, options?: ChatOptions) => Promise<Explanation>;
  /** Refuses new requests and lets those under way end, at most `drainMs` long (default 30,000). Can be called again. */
  readonly close: (options?: { readonly drainMs?: number }) => Promise<void>;
}

/** Tells a gateway from the options of one: adapters take both. */
export const isGateway = (value: object): value is Gateway => "handle" in value && "fetchAs" in value;

/** The path of every request, in the order of nesting: replies come back through it from the end. */
export const defaultStages = (): Stage[] => [
  normalize(),
  guardrail(),
  cache(),
  route(),
  retry(),
  meter(),
  translateStream(),
];

const tracerFor = (debug: NonNullable<GatewayOptions["debug"]>, clock: Clock): LateTracer => {
  const tracer = createLateTracer();
  if (debug === false) return tracer;
  const show = debug === true ? (drawing: string): void => console.error(`${drawing}\n`) : debug;
  return createDrawingTracer(tracer, clock, (drawing) => safely(() => show(drawing)));
};

/** Runs an in-process request, or keeps the record of why it can not be run. */
const startChat = (engine: Engine, input: ChatInput, asker: { readonly principal: Principal }): Run => {
  try {
    return engine.run(toChatRequest(input), asker);
  } catch (error) {
    engine.refuse({ dialect: inProcess, principal: asker.principal }, error).close({ begun: false });
    throw error;
  }
};

const closeAll = async (transports: ReadonlySet<Transport>): Promise<void> => {
  await Promise.all([...transports].map((transport) => transport.close()));
};

/**
 * Makes a gateway.
 *
 * @throws TypeError naming the option that is wrong and how to mend it.
 */
export const createGateway = <Raw = unknown>(options: GatewayOptions<Raw> = {}): Gateway => {
  const { limits, timeouts, timings, deadlineMs, ...settled } = resolveOptions(options);
  const { clock = systemClock, random = Math.random } = settled;
  const logger = guardLogger(settled.logger ?? defaultLogger);
  const registry = createRegistry({ providers: settled.providers ?? providersFromEnv(), models: settled.models ?? {} });
  const transport = settled.transport ?? createUndiciTransport();
  // A transport of the host's own is the only way out, and what may be reached is then its concern.
  const mediaTransport = settled.transport ?? createUndiciTransport({ publicOnly: true });
  const health = createHealth(clock, random, settled.health);
  const values = new Map<ContextKey<unknown>, unknown>([
    [registryKey, registry],
    [healthKey, health],
    [ledgerKey, settled.stores?.ledger],
    [
      callSettingsKey,
      {
        transport,
        timeouts,
        maxResponseBytes: limits.maxResponseBytes,
        maxStreamBytes: limits.maxStreamBytes,
        ...(settled.unsupported === undefined ? {} : { unsupported: settled.unsupported }),
        ...(settled.media === undefined ? {} : { media: { settings: settled.media, transport: mediaTransport } }),
      },
    ],
  ]);
  const stages =
    typeof settled.stages === "function" ? settled.stages(defaultStages()) : (settled.stages ?? defaultStages());
  const telemetry: TelemetryParts = {
    settings: settled.telemetry,
    tracer: tracerFor(settled.debug ?? false, clock),
    metrics: createMetrics({
      semconv: settled.telemetry.semconv,
      labels: settled.telemetry.metricLabels,
      breakers: () => health.breakers(),
      isKnownModel: (target) => registry.knows(target),
      isKnownRoute: (name) => registry.knowsName(name),
    }),
    content: createContentCapture({
      capture: settled.telemetry.captureContent,
      maxContentBytes: settled.telemetry.maxContentBytes,
      onContent: settled.telemetry.onContent,
      logger,
    }),
    clock,
  };
  const engine = createEngine({ stages, values, clock, random, logger, telemetry, deadlineMs });
  const responses = settled.stores?.responses ?? memoryResponseStore({ clock });
  const edge: Edge = {
    engine,
    registry,
    health,
    count: (request, asker) => countTokens(engine, request, asker),
    keeper: responses === false ? forgetful : createKeeper(responses, { clock, logger }),
    // Adapters give `raw` the type of their host's request; here it is only handed through.
    authenticate: resolveAuthenticate(settled.authenticate as Authenticate | undefined, process.env, logger),
    limits: { ...limits, clock },
    timings,
    createdAt: Math.floor(clock.wall() / 1000),
    exposeUpstreamErrors: settled.exposeUpstreamErrors ?? false,
  };

  let closed: Promise<void> | undefined;
  return {
    fetch: (request) => handleFetch(request, (incoming, outgoing) => serve(edge, incoming, outgoing)),
    fetchAs: (principal) => toFetch((incoming, outgoing) => serve(edge, incoming, outgoing, principal)),
    chat: async (input, { principal = { id: "in-process" }, signal } = {}) => {
      const run = startChat(engine, input, { principal, ...(signal === undefined ? {} : { signal }) });
      try {
        const reply = await run.reply;
        reply.finished.add((finish) => run.close(finish, { begun: true }));
        return { ...reply, dropped: run.context.get(droppedKey) ?? [] };
      } catch (error) {
        run.close({ exit: "failed", error }, { begun: false });
        throw error;
      }
    },
    explain: async (input, { principal = { id: "in-process" }, signal } = {}) =>
      explain(engine, toChatRequest(input), { principal, ...(signal === undefined ? {} : { signal }) }),
    handle: (incoming, outgoing) => serve(edge, incoming, outgoing),
    answers: isOurs,
    close: ({ drainMs = 30_000 } = {}) =>
      (closed ??= engine.drain(drainMs).then(() => {
        telemetry.metrics.close();
        return closeAll(new Set([transport, mediaTransport]));
      })),
  };
};
