import { createServer } from "node:http";
import { isIPv6, type AddressInfo } from "node:net";
import { logConnections, type Connections } from "./connections.ts";
import { createHandler } from "./handler.ts";
import { createJournal, type ReceivedRequest } from "./journal.ts";
import { createPromptCache } from "./model/prompt-cache.ts";
import { createSigner } from "./model/signature.ts";
import type { Shelf } from "./providers/provider.ts";
import { createScriptList } from "./script-list.ts";
import type { Script } from "./script.ts";
import { createShelf } from "./shelf.ts";

/** Options of `startSimulator`. */
export interface SimulatorOptions {
  /**
   * The port to listen on; 0 takes a free one.
   *
   * @default 0
   */
  readonly port?: number;
  /**
   * The loopback address to listen on.
   *
   * @default "127.0.0.1"
   */
  readonly host?: "127.0.0.1" | "::1" | "localhost";
  /**
   * Pause between the events of a stream in milliseconds; 0 is as fast as possible.
   *
   * @default 0
   */
  readonly paceMs?: number;
  /**
   * Another seed gives other ids, wordings and signatures.
   *
   * @default "simulator"
   */
  readonly seed?: string;
}

/** A running simulator. */
export interface Simulator {
  /** Where it listens, without a slash at the end: `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** The requests that arrived, oldest first; the newest thousand are kept. */
  readonly requests: readonly ReceivedRequest[];
  readonly connections: Connections;
  /**
   * Adds a behaviour that takes precedence.
   *
   * @throws TypeError when the script is wrong, Error when its recording cannot be read.
   */
  readonly script: (script: Script) => void;
  /** Forgets scripts, requests, cached prompts, kept responses and how often faults have struck. */
  readonly reset: () => void;
  /** Stops listening and closes every connection at once. */
  readonly close: () => Promise<void>;
}

const loopback: readonly string[] = ["127.0.0.1", "::1", "localhost"];

const resolveOptions = (options: SimulatorOptions): Required<SimulatorOptions> => {
  const { port = 0, host = "127.0.0.1", paceMs = 0, seed = "simulator" } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`\`port\` must be a whole number from 0 to 65535, got ${port}`);
  }
  if (!loopback.includes(host)) throw new TypeError(`\`host\` must be one of ${loopback.join(", ")}, got ${host}`);
  if (!Number.isFinite(paceMs) || paceMs < 0 || paceMs > 60_000) {
    throw new TypeError(`\`paceMs\` must be a number of milliseconds from 0 to 60000, got ${paceMs}`);
  }
  return { port, host, paceMs, seed };
};

/**
 * Starts provider servers on a loopback address.
 *
 * @throws TypeError when an option is wrong; the error of the socket when the port is taken.
 *
 * @example
 * const simulator = await startSimulator();
 * const client = new OpenAI({ baseURL: `${simulator.url}/openai/v1`, apiKey: "any" });
 */
export const startSimulator = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const { port, host, paceMs, seed } = resolveOptions(options);
  const server = createServer();
  const journal = createJournal();
  const connections = logConnections(server);
  const memory = { scripts: createScriptList(), promptCache: createPromptCache(), strikes: new Map<string, number>() };
  const shelves = new Map<string, Shelf>();
  const shelfOf = (provider: string): Shelf => {
    const shelf = shelves.get(provider) ?? createShelf();
    shelves.set(provider, shelf);
    return shelf;
  };
  const signerOf = (provider: string) => createSigner(`${seed}:${provider}`);
  server.on("request", createHandler({ seed, paceMs, memory, journal, connections, signerOf, shelfOf }));
  // Clients keep their sockets; it must never be the simulator that closes an idle one by surprise.
  server.keepAliveTimeout = 120_000;

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  // A server that listens on TCP has an address with a port.
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;

  return {
    url: `http://${isIPv6(address.address) ? `[${address.address}]` : address.address}:${address.port}`,
    requests: journal.requests,
    connections: connections.counts,
    script: memory.scripts.add,
    reset: () => {
      memory.scripts.clear();
      memory.promptCache.clear();
      memory.strikes.clear();
      shelves.clear();
      journal.clear();
    },
    close: () => {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
};
