import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createGateway } from "../../src/index.ts";
import type { AdapterHost } from "../../src/testing/index.ts";
import { runServer } from "./run-server.ts";

/** A function from the platform's `Request` to its `Response`, as route handlers are, with nothing around it. */
export const requestListener: AdapterHost = {
  name: "a fetch handler",
  features: new Set(),
  start: ({ options }) => {
    const gateway = createGateway(options);
    const errors: unknown[] = [];
    const listener = getRequestListener(gateway.fetch, {
      overrideGlobalObjects: false,
      errorHandler: (error) => void errors.push(error),
    });
    return runServer(
      createServer((request, response) => void listener(request, response)),
      gateway,
      errors,
    );
  },
};
