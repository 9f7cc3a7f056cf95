import { once } from "node:events";
import type { Server } from "node:http";
import type { Gateway } from "../../src/index.ts";
import type { RunningHost } from "../../src/testing/index.ts";

/** Starts a server on a free port of loopback. It stops as the documentation says: no new connections, then the gateway. */
export const runServer = async (
  server: Server,
  gateway: Gateway,
  errors: readonly unknown[] = [],
): Promise<RunningHost> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    await gateway.close();
    await closed;
  };
  return { server, gateway, errors, stop };
};
