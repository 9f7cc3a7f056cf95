import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { allowAnyone } from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/express";
import express from "express";
import type { Recording } from "../../../core/test/recordings/fixtures.ts";
import { gatewayOptions, nameOf, type House } from "../../../core/test/recordings/house.ts";

/** An Express app with the gateway in it, and behind it a server that plays recordings. */
export interface ExpressHouse extends House {
  /** The body that the server got last. */
  readonly received: () => unknown;
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      // A server that listens on a port has such an address.
      const { port } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}`);
    });
  });

/** Opens the doors; they stay open until `close`. */
export const openExpressHouse = async (recordings: readonly Recording[]): Promise<ExpressHouse> => {
  let playing: Recording | undefined;
  let received: Buffer | undefined;
  const player = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received = Buffer.concat(chunks);
      response.writeHead(playing?.status ?? 418, playing?.headers).end(playing?.body);
    });
  });
  const gateway = llmGateway({
    ...gatewayOptions(recordings, await listen(player)),
    authenticate: allowAnyone(),
  });
  const app = express();
  app.use(gateway);
  const server = createServer(app);

  return {
    door: { origin: await listen(server), fetch },
    play: (recording) => {
      playing = recording;
      return nameOf(recording);
    },
    received: () => JSON.parse(received?.toString() ?? "null"),
    close: async () => {
      await gateway.close();
      for (const each of [server, player]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
};
