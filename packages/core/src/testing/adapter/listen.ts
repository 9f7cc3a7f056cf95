import type { AddressInfo, Server } from "node:net";
import type { Scope } from "./scope.ts";

/** The origin of a server that listens on loopback. */
export const originOf = (server: Server): string =>
  // The address of a server that listens on a port is never a string.
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Starts a server on a free port of loopback and brings its origin; it stops with the test. */
export const listen = async ({ defer }: Scope, server: Server): Promise<string> => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  defer(() => void server.close());
  return originOf(server);
};
