import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";

/** What the examples need of a simulator. */
interface Simulator {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Points the environment at simulated providers. The gateway takes its providers from the environment when it is made,
 * so the host is imported only after this.
 */
export const useSimulator = (simulator: Simulator): void => {
  Object.assign(process.env, {
    OPENAI_API_KEY: "simulated",
    OPENAI_BASE_URL: `${simulator.url}/openai/v1`,
    ANTHROPIC_API_KEY: "simulated",
    ANTHROPIC_BASE_URL: `${simulator.url}/anthropic`,
    GEMINI_API_KEY: "simulated",
    GEMINI_BASE_URL: `${simulator.url}/gemini/v1beta`,
  });
};

/** The port that was asked for, else the usual one where it is free, else any. */
export const choosePort = async (): Promise<number> => {
  if (process.env.PORT !== undefined) return Number(process.env.PORT);
  const probe = createServer().listen(3000, "127.0.0.1");
  try {
    await once(probe, "listening");
    return 3000;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
};

/** Where a server listens. */
export const urlOf = (server: Server): string =>
  // The address of a server that listens on a TCP port is never a string.
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** What to ask an example for. */
interface Sample {
  /** Path of the gateway in this host. */
  readonly path: string;
  readonly model: string;
}

/**
 * Serves an example on simulated providers and says what to ask it. The example ends itself when it is interrupted, and
 * the simulator with it.
 */
export const serveSimulated = async (
  simulator: Simulator,
  load: () => Promise<{ readonly server: Server | Promise<Server> }>,
  { path, model }: Sample,
): Promise<void> => {
  useSimulator(simulator);
  process.env.PORT = String(await choosePort());
  const server = await (await load()).server;
  if (!server.listening) await once(server, "listening");
  server.once("close", () => void simulator.close());
  const url = `${urlOf(server)}${path}/v1`;
  console.log(`
The gateway is at ${url}, in front of simulated providers. Any OpenAI or Anthropic client can talk to it:

  curl ${url}/chat/completions -H 'authorization: Bearer ada-key' -H 'content-type: application/json' \\
    -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'

Ctrl-C ends it, after the answers that are under way.`);
};
