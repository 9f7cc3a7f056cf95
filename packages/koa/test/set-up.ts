import { allowAnyone, openai } from "@llm-gateway/core";
import { createFakeTransport, type FakeAnswer, type FakeTransport } from "@llm-gateway/core/testing";
import Koa from "koa";
import Koa2 from "koa2";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { llmGateway, type GatewayMiddleware, type KoaOptions } from "../src/index.ts";

/** Every Koa there is to be tested with. */
export const frameworks: readonly (readonly [string, typeof Koa])[] = [
  ["Koa 2", Koa2],
  ["Koa 3", Koa],
];

export const path = "/v1/chat/completions";
export const chat = { model: "openai/gpt-test", messages: [{ role: "user", content: "Hello" }] };
export const streamedChat = { ...chat, stream: true, stream_options: { include_usage: true } };

/** A provider that answers everything with a greeting. */
export const greeting: FakeAnswer = { body: chatAnswer("Hello") };

export interface SetUp<StateT, ContextT> {
  readonly app: Koa<StateT, ContextT>;
  /** The gateway's; the test itself mounts it. */
  readonly middleware: GatewayMiddleware<StateT, ContextT>;
  readonly transport: FakeTransport;
  /** What reached the app's error event. */
  readonly errors: readonly unknown[];
}

/** An app with nothing in it yet, and a gateway with one provider, which greets unless it is told otherwise. */
export const setUp = <StateT = Koa.DefaultState, ContextT = Koa.DefaultContext>(
  framework: typeof Koa,
  answer: FakeAnswer | Promise<FakeAnswer> = greeting,
  options: KoaOptions<StateT, ContextT> = {},
): SetUp<StateT, ContextT> => {
  const transport = createFakeTransport(() => answer);
  const middleware = llmGateway<StateT, ContextT>({
    providers: [openai({ apiKey: "sk-test" })],
    authenticate: allowAnyone(),
    transport,
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ...options,
  });
  const app = new framework<StateT, ContextT>();
  const errors: unknown[] = [];
  app.on("error", (error) => errors.push(error));
  return { app, middleware, transport, errors };
};

/** What the provider got, as text. */
export const sent = ({ requests }: FakeTransport): string => Buffer.from(requests[0]?.body ?? "").toString();
