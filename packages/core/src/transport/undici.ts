import { Agent, Client, Pool, type Dispatcher } from "undici";
import { GatewayError, UpstreamError } from "../errors.ts";
import { createBag } from "../pipeline/bag.ts";
import { Cancellation } from "../pipeline/cancellation.ts";
import { systemClock } from "../pipeline/clock.ts";
import { Exchange, type ExchangeConnection, type ExchangeOptions } from "./exchange.ts";
import { lookupPublic, privateHostOf } from "./public-address.ts";
import type { Transport, TransportResponse } from "./transport.ts";

export interface UndiciTransportOptions {
  /**
   * Connections to one origin; requests beyond that wait for one.
   *
   * @default 8192
   */
  readonly connections?: number;
  /**
   * Time to open a connection, TLS included, in milliseconds.
   *
   * @default 2000
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long an idle connection is kept where the provider does not say, in milliseconds.
   *
   * @default 30000
   */
  readonly keepAliveTimeoutMs?: number;
  /**
   * Largest header block of an answer, in bytes.
   *
   * @default 32 KiB
   */
  readonly maxHeaderBytes?: number;
  /**
   * Largest body of an answer, before and after its content-encoding is undone, in bytes.
   *
   * @default 64 MiB
   */
  readonly maxResponseBytes?: number;
  /**
   * How long `close` waits for answers that are still coming, in milliseconds.
   *
   * @default 5000
   */
  readonly closeGraceMs?: number;
  /**
   * Connects only to addresses of the public internet: for hosts that clients may name.
   *
   * @default false
   */
  readonly publicOnly?: boolean;
}

type Settings = Required<UndiciTransportOptions>;

const defaults: Settings = {
  connections: 8192,
  connectTimeoutMs: 2000,
  keepAliveTimeoutMs: 30_000,
  maxHeaderBytes: 32 * 1024,
  maxResponseBytes: 64 * 1024 * 1024,
  closeGraceMs: 5000,
  publicOnly: false,
};

/**
 * Makes the transport for real networks: HTTP/1.1 over connections that are kept and used again, one pool for each
 * origin. Redirects are not followed. It sets no limit to how long an answer may take: that is its caller's.
 *
 * @throws TypeError for an option that is not a positive integer.
 */
export const createUndiciTransport = (options: UndiciTransportOptions = {}): Transport => {
  const settings = resolveUndiciTransportOptions(options);
  const agent = createAgent(settings, 1);
  // Without pipelining each connection serves one request, so all of its connections are new.
  const freshAgent = createAgent(settings, 0);
  const open = createBag<Exchange>();
  let closing: Promise<void> | undefined;

  const shared: Pick<ExchangeOptions, "maxResponseBytes" | "dispatch"> = {
    maxResponseBytes: settings.maxResponseBytes,
    dispatch: (request, exchange, connection) =>
      void (connection === "fresh" ? freshAgent : agent).dispatch(request, exchange),
  };

  const close = async (): Promise<void> => {
    const grace = Promise.withResolvers<void>();
    const timer = systemClock.timer(settings.closeGraceMs, () => {
      const reason = new GatewayError("shutting_down", "The gateway is shutting down.");
      for (const exchange of open.items()) exchange.abort(reason);
      grace.resolve();
    });
    await Promise.race([Promise.all([agent.close(), freshAgent.close()]), grace.promise]);
    timer.cancel();
  };

  return {
    send: (request) =>
      new Promise<TransportResponse>((resolve, reject) => {
        // An address needs no look-up, in which all others are checked.
        const refused = settings.publicOnly ? privateHostOf(request.url) : undefined;
        if (refused !== undefined) {
          reject(new UpstreamError("upstream_unreachable", `${refused} is not a public host.`));
          return;
        }
        const cancellation = request.cancellation ?? Cancellation.following(request.signal);
        if (cancellation.cancelled) {
          reject(cancellation.reason);
          return;
        }
        const exchange = new Exchange(request, cancellation, {
          ...shared,
          resolve,
          reject,
          onOver: () => open.remove(place),
        });
        const place = open.add(exchange);
        exchange.start();
      }),
    close: () => (closing ??= close()),
  };
};

const resolveUndiciTransportOptions = (options: UndiciTransportOptions): Settings => {
  const setting = (name: Exclude<keyof UndiciTransportOptions, "publicOnly">): number => {
    const value = options[name] ?? defaults[name];
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new TypeError(`\`transport.${name}\` must be a positive integer, got ${value}.`);
  };
  return {
    connections: setting("connections"),
    connectTimeoutMs: setting("connectTimeoutMs"),
    keepAliveTimeoutMs: setting("keepAliveTimeoutMs"),
    maxHeaderBytes: setting("maxHeaderBytes"),
    maxResponseBytes: setting("maxResponseBytes"),
    closeGraceMs: setting("closeGraceMs"),
    publicOnly: options.publicOnly ?? defaults.publicOnly,
  };
};

/** Agents drop the pool of an origin when its last connection closes, so they hold no more than is in use. */
const createAgent = (settings: Settings, pipelining: 0 | 1): Agent => {
  const options: Pool.Options = {
    factory: (origin, clientOptions) => new CountingClient(origin, clientOptions),
    connections: settings.connections,
    connectTimeout: settings.connectTimeoutMs,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    maxHeaderSize: settings.maxHeaderBytes,
    pipelining,
    // Whole answers cost 1.4 times as much over HTTP/2.
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(settings.publicOnly ? { connect: { timeout: settings.connectTimeoutMs, lookup: lookupPublic } } : {}),
  };
  return new Agent({ factory: (origin) => new Pool(origin, options) });
};

/** Lets an exchange know whether its connection has served others before, which undici itself does not tell. */
class CountingClient extends Client implements ExchangeConnection {
  requests = 0;

  constructor(origin: URL, options: Client.Options) {
    super(origin, options);
    this.on("connect", () => {
      this.requests = 0;
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.connection = this;
    return super.dispatch(options, handler);
  }
}
