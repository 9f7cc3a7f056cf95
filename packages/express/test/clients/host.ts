import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  anthropic,
  bedrock,
  cohere,
  gemini,
  ollama,
  openai,
  openaiCompatible,
  retry,
  type Authenticate,
} from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/express";
import { startSimulator, type Simulator } from "@llm-gateway/simulator";
import express from "express";
import { afterAll, afterEach, beforeAll } from "vitest";
import { silent } from "../../../core/src/testing/adapter/start-host.ts";

/** An Express app with the gateway in it, and simulated providers of every wire format behind it. */
export interface Host {
  readonly origin: string;
  readonly simulator: Simulator;
}

/** The one key that opens the gateway. */
export const apiKey = "sk-of-the-client";

const authenticate: Authenticate = ({ credential }) => (credential === apiKey ? { id: "tester" } : null);

/** A model behind each wire format that providers speak. */
export const models = {
  "openai-chat": "openai/gpt-4o",
  "openai-responses": "openai-responses/gpt-4o",
  "openai-compatible": "house/any-model",
  "anthropic-messages": "anthropic/claude-haiku-4-5",
  gemini: "gemini/gemini-2.5-flash",
  cohere: "cohere/command-a-03-2025",
  "bedrock-converse": "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
  ollama: "ollama/llama3.2",
} as const;

/** The same as a list for `test.each`. */
export const everyModel: readonly (readonly [dialect: string, model: string])[] = Object.entries(models);

const listen = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has such an address.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const startHost = async (): Promise<Host & { readonly close: () => Promise<void> }> => {
  const simulator = await startSimulator();
  const { url } = simulator;
  const key = { apiKey: "simulated" };
  const gateway = llmGateway({
    providers: [
      openai({ ...key, baseURL: `${url}/openai/v1` }),
      openai({ ...key, id: "openai-responses", api: "responses", baseURL: `${url}/openai/v1` }),
      openaiCompatible({ ...key, id: "house", baseURL: `${url}/v1` }),
      anthropic({ ...key, baseURL: `${url}/anthropic/v1` }),
      gemini({ ...key, baseURL: `${url}/gemini/v1beta` }),
      cohere({ ...key, baseURL: `${url}/cohere/v2` }),
      bedrock({ ...key, region: "us-east-1", baseURL: `${url}/bedrock` }),
      ollama({ baseURL: `${url}/ollama` }),
    ],
    // What a client does about an error is to be seen, so the gateway does nothing about it.
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
    authenticate,
    // Failures are wanted here, and none of them may rest a provider that the next test needs.
    health: { quarantineMs: 0, maxCoolingMs: 0 },
    logger: silent,
  });
  const server = createServer(express().use(gateway));
  return {
    origin: await listen(server),
    simulator,
    close: async () => {
      await gateway.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await simulator.close();
    },
  };
};

/** One host for all tests of a file; the simulator forgets everything after each. */
export const hostOfFile = (): (() => Host) => {
  let host: Awaited<ReturnType<typeof startHost>>;
  beforeAll(async () => {
    host = await startHost();
  });
  afterEach(() => host.simulator.reset());
  afterAll(() => host.close());
  return () => host;
};

/** The first request that a provider gets, once it is there. */
export const arrived = async ({ simulator }: Host): Promise<Simulator["requests"][number]> => {
  for (;;) {
    const [request] = simulator.requests;
    if (request !== undefined) return request;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** What a promise is rejected with; `undefined` where it is not. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
