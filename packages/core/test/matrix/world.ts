import { startSimulator, type ReceivedRequest, type Simulator } from "@llm-gateway/simulator";
import {
  allowAnyone,
  anthropic,
  azureOpenai,
  bedrock,
  cohere,
  createGateway,
  gemini,
  ollama,
  openai,
  retry,
  vertex,
} from "../../src/index.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import { createFakeClock, type FakeClock } from "../../src/testing/index.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { createUndiciTransport } from "../../src/transport/undici.ts";
import type { Frame } from "./fronts/front.ts";
import type { Posted } from "./question.ts";
import { readText } from "../read-text.ts";

/** What a client gets for its request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly isStream: boolean;
  /** The body of a whole answer, parsed. */
  readonly body: unknown;
  /** The frames of a stream, as far as they came. */
  readonly frames: readonly Frame[];
  /** The connection was broken before its proper end. */
  readonly broke: boolean;
}

/** A gateway in front of simulated providers of every kind. */
export interface World {
  readonly simulator: Simulator;
  readonly clock: FakeClock;
  readonly ask: (posted: Posted) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** Vertex has the paths of its projects before those of the format; the simulator has the format alone. */
const withoutProject = (transport: Transport): Transport => ({
  ...transport,
  send: (request) =>
    transport.send({ ...request, url: request.url.replace(/\/v1beta1\/projects\/.*\/google\//, "/gemini/v1beta/") }),
});

export const openWorld = async (): Promise<World> => {
  const simulator = await startSimulator();
  const clock = createFakeClock();
  const { url } = simulator;
  const key = { apiKey: "simulated" };
  const gateway = createGateway({
    providers: [
      openai({ ...key, api: "chat", baseURL: `${url}/openai/v1` }),
      openai({ ...key, id: "responses", api: "responses", baseURL: `${url}/openai/v1` }),
      anthropic({ ...key, baseURL: `${url}/anthropic/v1` }),
      gemini({ ...key, baseURL: `${url}/gemini/v1beta` }),
      cohere({ ...key, baseURL: `${url}/cohere/v2` }),
      bedrock({ ...key, region: "us-east-1", baseURL: `${url}/bedrock` }),
      ollama({ baseURL: `${url}/ollama` }),
      azureOpenai({ accessToken: "simulated", api: "chat", baseURL: url }),
      vertex({ accessToken: "simulated", project: "acme", location: "global", baseURL: url }),
    ],
    authenticate: allowAnyone(),
    transport: withoutProject(createUndiciTransport()),
    clock,
    // Each failure is to be seen, so the gateway asks once, and rests nobody who is asked next.
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
    health: {
      quarantineMs: 0,
      maxCoolingMs: 0,
      breaker: { minimumOutcomes: 1_000_000, connectionFailures: 1_000_000 },
    },
    logger: silent,
  });
  return {
    simulator,
    clock,
    ask: async ({ path, body }) => {
      const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      return read(await gateway.fetchAs({ id: "tester" })(`http://gateway.test${path}`, request));
    },
    close: async () => {
      await gateway.close();
      await simulator.close();
    },
  };
};

/** The one request that the provider got. */
export const onlyRequest = ({ simulator }: World): ReceivedRequest => {
  const [request, ...others] = simulator.requests;
  if (request === undefined || others.length > 0) throw new Error("The provider was not asked once.");
  return request;
};

const read = async (response: Response): Promise<Answer> => {
  const { status, headers } = response;
  const isStream = headers.get("content-type")?.startsWith("text/event-stream") === true;
  const { text, broke } = await readText(response);
  return {
    status,
    headers,
    isStream,
    body: isStream ? undefined : JSON.parse(text),
    frames: isStream ? framesIn(text) : [],
    broke,
  };
};

const framesIn = (text: string): readonly Frame[] =>
  text
    .split(/\r?\n\r?\n/)
    .map((frame) => frame.split(/\r?\n/))
    .flatMap((lines) => {
      const field = (name: string): string | undefined =>
        lines
          .find((line) => line.startsWith(`${name}:`))
          ?.slice(name.length + 1)
          .trim();
      const data = field("data");
      return data === undefined ? [] : [{ event: field("event"), data: data === "[DONE]" ? data : JSON.parse(data) }];
    });
