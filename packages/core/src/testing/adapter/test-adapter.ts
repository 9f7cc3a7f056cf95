import type { ContractTools } from "../contract-tools.ts";
import { testAccess } from "./access.ts";
import { testBodies } from "./bodies.ts";
import { testConnections } from "./connections.ts";
import { createContract } from "./contract.ts";
import { testErrors } from "./errors.ts";
import type { AdapterHost } from "./host.ts";
import { testHostile } from "./hostile.ts";
import { testLeaving } from "./leaving.ts";
import { testMiddleware } from "./middleware.ts";
import { testMounting } from "./mounting.ts";
import { testShutdown } from "./shutdown.ts";
import { testSlowReaders } from "./slow-readers.ts";
import { testStreams } from "./streams.ts";
import { testTracing } from "./tracing.ts";

/**
 * What every way of putting a gateway into a Node host must do, in bytes and sockets, as a suite of tests. The provider
 * behind the gateway and the client in front of it are the contract's own; only the host is yours.
 *
 * @param host Starts the host that a test needs; tests of features it does not have are left out.
 *
 * @example
 * const plainNode: AdapterHost = {
 *   name: "node:http",
 *   features: new Set(["node"]),
 *   start: async ({ options }) => {
 *     const gateway = createGateway(options);
 *     const server = createServer(toNodeHandler(gateway)).listen(0, "127.0.0.1");
 *     await once(server, "listening");
 *     const stop = async () => {
 *       server.close();
 *       await gateway.close();
 *     };
 *     return { server, gateway, errors: [], stop };
 *   },
 * };
 * testAdapter(plainNode, { describe, it });
 */
export const testAdapter = (host: AdapterHost, tools: ContractTools): void => {
  const contract = createContract(host, tools);
  contract.describe(`${host.name} is an adapter`, () => {
    testMounting(contract);
    testBodies(contract);
    testStreams(contract);
    testSlowReaders(contract);
    testErrors(contract);
    testMiddleware(contract);
    testAccess(contract);
    testLeaving(contract);
    testConnections(contract);
    testTracing(contract);
    testShutdown(contract);
    testHostile(contract);
  });
};
