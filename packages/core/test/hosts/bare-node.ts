import { createServer } from "node:http";
import { toNodeHandler } from "../../src/http/node.ts";
import { createGateway } from "../../src/index.ts";
import type { AdapterHost } from "../../src/testing/index.ts";
import { runServer } from "./run-server.ts";

/** A server that serves nothing but the gateway. */
export const bareNode: AdapterHost = {
  name: "toNodeHandler",
  features: new Set(["node"]),
  start: ({ options }) => {
    const gateway = createGateway(options);
    return runServer(createServer(toNodeHandler(gateway)), gateway);
  },
};
