import { createServer, type RequestListener, type Server } from "node:http";
import { onTestFinished } from "vitest";
import {
  allowAnyone,
  createGateway,
  memoryLedger,
  type Gateway,
  type GatewayOptions,
  type Logger,
  type MemoryLedger,
} from "../../src/index.ts";
import { listen } from "./listen.ts";
import { startUpstream, type Upstream, type UpstreamCall } from "./upstream.ts";

/** Puts a gateway at the root of a host that serves nothing else. */
export type Mount = (gateway: Gateway) => RequestListener;

export interface Host {
  readonly origin: string;
  readonly server: Server;
  readonly gateway: Gateway;
  readonly upstream: Upstream;
  readonly ledger: MemoryLedger;
  /** One promise for each connection clients have opened; it resolves when the connection closes. */
  readonly connections: readonly Promise<void>[];
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Starts a provider and a host with a gateway to it. Both stop with the test. */
export const startHost = async (
  mount: Mount,
  respond?: (call: UpstreamCall) => void,
  options: GatewayOptions = {},
): Promise<Host> => {
  const upstream = await startUpstream(respond);
  const ledger = memoryLedger();
  const gateway = createGateway({
    providers: [upstream.provider],
    authenticate: allowAnyone(),
    // Waits between retries are a random part of their longest: none.
    random: () => 0,
    stores: { ledger },
    logger: silent,
    ...options,
  });
  const server = createServer(mount(gateway));
  const connections: Promise<void>[] = [];
  server.on("connection", (socket) => {
    connections.push(new Promise((resolve) => void socket.once("close", () => resolve())));
  });
  const origin = await listen(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await gateway.close({ drainMs: 1 });
  });
  return { origin, server, gateway, upstream, ledger, connections };
};

/** A chat request of the least size. */
export const chat = { model: "house/m", messages: [{ role: "user", content: "Hello" }] };
export const streamedChat = { ...chat, stream: true };
