import type { Server } from "node:http";
import {
  allowAnyone,
  memoryLedger,
  type Gateway,
  type GatewayOptions,
  type Logger,
  type MemoryLedger,
} from "../../index.ts";
import { createClient, type Client } from "./client.ts";
import type { AdapterHost, HostSetting } from "./host.ts";
import { originOf } from "./listen.ts";
import type { Scope } from "./scope.ts";
import { startUpstream, type Upstream, type UpstreamCall } from "./upstream.ts";

/** How a test wants its host, and what the provider behind it does. */
export interface StartSetting extends Omit<HostSetting, "options"> {
  /** @default nothing: the test itself does, with what `upstream.next()` gives it */
  readonly respond?: (call: UpstreamCall) => void;
  /** Beside a provider, a ledger and leave for everybody to call. */
  readonly options?: GatewayOptions;
}

/** A host that listens, with a client in front of it and a provider behind it. */
export interface StartedHost extends Client {
  readonly origin: string;
  readonly server: Server;
  readonly gateway: Gateway;
  readonly upstream: Upstream;
  readonly ledger: MemoryLedger;
  /** One promise for each connection clients have opened; it resolves when the connection closes. */
  readonly connections: readonly Promise<void>[];
  /** What reached the host's own error handler. */
  readonly errors: readonly unknown[];
  readonly stop: () => Promise<void>;
}

export const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Starts a provider and a host with a gateway to it. Both stop with the test. */
export const startHost = async (
  scope: Scope,
  host: AdapterHost,
  { respond, options, ...setting }: StartSetting = {},
): Promise<StartedHost> => {
  const upstream = await startUpstream(scope, respond);
  const ledger = memoryLedger();
  const { server, gateway, errors, ...running } = await host.start({
    ...setting,
    options: {
      providers: [upstream.provider],
      authenticate: allowAnyone(),
      // Waits between retries are a random part of their longest: none.
      random: () => 0,
      stores: { ledger },
      logger: silent,
      ...options,
    },
  });
  const connections: Promise<void>[] = [];
  server.on("connection", (socket) => {
    connections.push(new Promise((resolve) => void socket.once("close", () => resolve())));
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= running.stop());
  scope.defer(async () => {
    server.closeAllConnections();
    await gateway.close({ drainMs: 1 });
    await stop();
  });
  const origin = originOf(server);
  return { ...createClient(scope, origin), origin, server, gateway, upstream, ledger, connections, errors, stop };
};

interface ChatBody {
  readonly model: string;
  readonly messages: readonly object[];
  readonly stream?: boolean;
}

/** A chat request of the least size. */
export const chat: ChatBody = { model: "house/m", messages: [{ role: "user", content: "Hello" }] };
export const streamedChat: ChatBody = { ...chat, stream: true };
