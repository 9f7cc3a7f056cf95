import type { IncomingHttpHeaders } from "node:http";
import type { Answer } from "../model/answer.ts";
import type { Dice } from "../model/dice.ts";
import type { Prompt } from "../model/prompt.ts";
import type { Signer } from "../model/signature.ts";
import type { Problem } from "../problem.ts";
import type { Piece } from "../wire/plan.ts";

/** The providers the simulator speaks for. */
export type ProviderId = "openai" | "anthropic" | "gemini" | "ollama" | "cohere" | "bedrock";

/** What a request asks for, read off its method and path. */
export interface Route {
  readonly action: "chat" | "embed" | "count" | "models" | "model";
  /** The model, where the path names it. */
  readonly model?: string;
  /** The path alone says that the answer is to be streamed. */
  readonly streaming?: boolean;
  /** The path stands for any server with this wire format, which takes fields the provider itself refuses. */
  readonly tolerant?: boolean;
}

/** What a provider keeps between requests, by its id. The newest thousand are kept, until the simulator is reset. */
export interface Shelf {
  readonly get: (id: string) => unknown;
  readonly put: (id: string, kept: unknown) => void;
}

/** One request as a provider gets it. */
export interface Call {
  readonly route: Route;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; undefined when it was not JSON. */
  readonly body: unknown;
  /** The seed of the whole simulator. */
  readonly seed: string;
  readonly signer: Signer;
  readonly shelf: Shelf;
}

/** A request that was read and found right, and the two ways to write down its answer. */
export interface Ask {
  readonly prompt: Prompt;
  readonly whole: (answer: Answer) => unknown;
  readonly stream: (answer: Answer) => readonly Piece[];
}

/** An error as it goes on the wire. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** One provider: its paths, its rules for requests, its wire format both ways. */
export interface Provider {
  readonly id: ProviderId;
  readonly label: string;
  /** What a client has to put in front of its paths. */
  readonly basePath: string;
  /** The environment variables that point a gateway at this address. */
  readonly environment: (url: string) => Readonly<Record<string, string>>;
  /** The models that are listed; any other name is answered too. */
  readonly listedModels: readonly [string, ...string[]];
  /** What the path asks for; undefined when this provider does not have it. */
  readonly route: (method: string, path: string) => Route | undefined;
  /** The API key that came with the request; undefined or empty when there is none. */
  readonly key: (call: Call) => string | undefined;
  readonly model: (call: Call) => string;
  readonly isStreaming: (call: Call) => boolean;
  /** @throws Refusal for fields the provider does not know. */
  readonly refuseUnknownFields: (call: Call) => void;
  /** @throws Refusal when the provider would not answer. */
  readonly read: (call: Call) => Ask;
  /** The answer to a request for embeddings; absent where there is no such route. @throws Refusal as `read`. */
  readonly embed?: (call: Call) => unknown;
  /** The answer to a request that only wants its tokens counted; absent where there is no such route. */
  readonly count?: (inputTokens: number) => unknown;
  /** The answer that lists the models, made of their descriptions. */
  readonly listModels: (described: readonly unknown[]) => unknown;
  /** One entry of the list of models. */
  readonly describeModel: (name: string) => unknown;
  /** Headers of every answer; `dice` draws the request id. */
  readonly headers: (dice: Dice) => Readonly<Record<string, string>>;
  /** Headers that a streamed answer has in place of the usual ones. */
  readonly streamHeaders: (call: Call) => Readonly<Record<string, string>>;
  readonly error: (problem: Problem, dice: Dice) => ErrorAnswer;
  /** An error body as an event inside a stream; `index` is the number of events before it. */
  readonly errorEvent: (body: unknown, index: number) => string | Uint8Array;
  /** An event whose JSON is broken. @default one of server-sent events */
  readonly malformedEvent?: string | Uint8Array;
  /** What keeps a stream alive and means nothing; empty where there is no such thing. @default a comment of server-sent events */
  readonly keepAlive?: string;
  /** The provider answers a blocked prompt with an error, not with an answer that says so. */
  readonly blocksWithError: boolean;
}
