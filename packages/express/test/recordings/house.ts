import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { allowAnyone, anthropic, gemini, openai, retry } from "@llm-gateway/core";
import { llmGateway } from "@llm-gateway/express";
import express from "express";
import OpenAI from "openai";
import type { Front } from "./expected.ts";
import { readChunks, readCompletion } from "./read-chat.ts";
import { addUpEvents, readMessage } from "./read-messages.ts";
import type { Recording } from "./recording.ts";
import type { Said } from "./said.ts";

type Body = Readonly<Record<string, unknown>>;

/** Providers that play recordings, an Express app with the gateway in front of them, and its clients. */
export interface House {
  /** The name under which a recording can be asked for. */
  readonly modelOf: (recording: Recording) => string;
  /** Asks through an official SDK. */
  readonly ask: (front: Front, body: Body) => Promise<Said>;
  /** Asks without one: what comes over the wire. */
  readonly fetch: (front: Front, body: Body) => Promise<Response>;
  /** The body that the provider got when the recording was last asked for. */
  readonly received: (recording: Recording) => unknown;
  readonly close: () => Promise<void>;
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      // A server that listens on a port has such an address.
      const { port } = server.address() as AddressInfo;
      resolve(`http://127.0.0.1:${port}`);
    });
  });

/** Answers each request with the recording that its model names, wherever its dialect puts the model. */
const createProviders = (recordings: readonly Recording[], bodies: Map<Recording, string>): Server =>
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const named = /\/rec-(\d+):/.exec(request.url ?? "") ?? /"model":\s*"rec-(\d+)"/.exec(body);
      const recording = recordings[Number(named?.[1])];
      if (recording === undefined) {
        response.writeHead(418).end();
        return;
      }
      bodies.set(recording, body);
      response.writeHead(recording.status, recording.headers).end(recording.body);
    });
  });

/** What was read from a stream, if the SDK has put the same together: texts and calls, and why it ended. */
const agreeing = (said: Said, final: Said): Said => {
  const gist = ({ choices }: Said): string =>
    JSON.stringify(choices.map(({ text, calls, finish }) => [text, calls.map(({ id, name }) => [id, name]), finish]));
  if (gist(said) !== gist(final)) throw new Error(`The SDK has put together another answer: ${gist(final)}`);
  return said;
};

/** Opens the doors; they stay open until `close`. */
export const openHouse = async (recordings: readonly Recording[]): Promise<House> => {
  const bodies = new Map<Recording, string>();
  const providers = createProviders(recordings, bodies);
  const upstream = await listen(providers);
  const gateway = llmGateway({
    providers: [
      openai({ apiKey: "sk-openai", baseURL: `${upstream}/v1` }),
      anthropic({ apiKey: "sk-anthropic", baseURL: `${upstream}/v1` }),
      gemini({ apiKey: "sk-gemini", baseURL: `${upstream}/v1beta` }),
    ],
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
    authenticate: allowAnyone(),
    // Failures are wanted here, and none of them may rest a provider that the next test needs.
    health: { quarantineMs: 0, maxCoolingMs: 0 },
  });
  const app = express();
  app.use(gateway);
  const server = createServer(app);
  const origin = await listen(server);

  // With a timeout of its own the SDK does not refuse large limits of whole answers.
  const options = { apiKey: "none", maxRetries: 0, timeout: 10_000 };
  const chat = new OpenAI({ ...options, baseURL: `${origin}/v1` });
  const messages = new Anthropic({ ...options, baseURL: origin });

  const askChat = async (body: Body): Promise<Said> => {
    // A recorded request may hold what the SDK's types do not know.
    if (body["stream"] !== true) {
      return readCompletion(
        await chat.chat.completions.create(body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming),
      );
    }
    const stream = chat.chat.completions.stream(body as unknown as OpenAI.ChatCompletionCreateParamsStreaming);
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return agreeing(readChunks(chunks), readCompletion(await stream.finalChatCompletion()));
  };

  const askMessages = async (body: Body): Promise<Said> => {
    if (body["stream"] !== true) {
      return readMessage(await messages.messages.create(body as unknown as Anthropic.MessageCreateParamsNonStreaming));
    }
    const stream = messages.messages.stream(body as unknown as Anthropic.MessageStreamParams);
    const events: Anthropic.RawMessageStreamEvent[] = [];
    // The SDK goes on writing into the objects that it gives out.
    stream.on("streamEvent", (event) => events.push(structuredClone(event)));
    const final = readMessage(await stream.finalMessage());
    return agreeing(readMessage(addUpEvents(events)), final);
  };

  return {
    modelOf: (recording) => `${recording.provider}/rec-${recordings.indexOf(recording)}`,
    ask: (front, body) => (front === "chat" ? askChat(body) : askMessages(body)),
    fetch: (front, body) =>
      fetch(`${origin}${front === "chat" ? "/v1/chat/completions" : "/v1/messages"}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    received: (recording) => JSON.parse(bodies.get(recording) ?? "null"),
    close: async () => {
      await gateway.close();
      for (const each of [server, providers]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
};
