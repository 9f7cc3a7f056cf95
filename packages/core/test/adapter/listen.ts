import type { AddressInfo, Server } from "node:net";
import { onTestFinished } from "vitest";

/** Starts a server on a free port of loopback and brings its origin; it stops with the test. */
export const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  // The address of a server that listens on a port is never a string.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
