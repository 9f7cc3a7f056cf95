import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** The child's side of `startProcess`: listens on loopback and tells its CPU time when asked. */
export const serve = (listener: RequestListener): void => {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1", () => {
    // An address of a server that listens on a TCP port is never a string.
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicros: user + system, user, system });
  });
  process.on("disconnect", () => process.exit());
  process.on("SIGTERM", () => process.exit());
};
