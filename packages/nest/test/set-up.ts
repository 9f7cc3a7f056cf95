import type { Server } from "node:http";
import { allowAnyone, openai, type GatewayOptions } from "@llm-gateway/core";
import { createFakeTransport, type FakeAnswer, type FakeTransport } from "@llm-gateway/core/testing";
import { Module, type INestApplication, type ModuleMetadata, type NestApplicationOptions } from "@nestjs/common";
import { onTestFinished } from "vitest";
import { createClient, type Client } from "../../core/src/testing/adapter/client.ts";
import { originOf } from "../../core/src/testing/adapter/listen.ts";
import { startUpstream, type Upstream, type UpstreamCall } from "../../core/src/testing/adapter/upstream.ts";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { LlmGatewayModule, type ModuleOptions } from "../src/index.ts";
import type { Create } from "./platforms.ts";

export const path = "/v1/chat/completions";
export const chat = { model: "openai/gpt-test", messages: [{ role: "user", content: "Hello" }] };
export const streamedChat = { ...chat, stream: true };

/** Over the limit that Nest's parsers have of themselves, on Express and on Fastify. */
export const large = { ...chat, messages: [{ role: "user", content: "x".repeat(1_200_000) }] };

/** A provider that answers everything with a greeting. */
const greeting: FakeAnswer = { body: chatAnswer("Hello") };

export interface Setting {
  /** Options of the gateway and of its module, beside a provider and leave for everybody to call. */
  readonly options?: GatewayOptions<never> & ModuleOptions;
  /** What the application has beside the gateway. */
  readonly parts?: ModuleMetadata;
  readonly appOptions?: NestApplicationOptions;
  /** What `main.ts` does with an application before it listens. */
  readonly configure?: (app: INestApplication) => unknown;
}

export interface SetUp extends Client {
  readonly app: INestApplication;
}

const common: GatewayOptions = {
  authenticate: allowAnyone(),
  random: () => 0,
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
};

/** Options of a gateway whose provider exists only in the test. */
export const optionsWith = (transport: FakeTransport): GatewayOptions => ({
  ...common,
  providers: [openai({ apiKey: "sk-test" })],
  transport,
});

/** Lets an application listen, and stops it with the test. */
export const listening = async (app: INestApplication): Promise<Client> => {
  await app.listen(0, "127.0.0.1");
  onTestFinished(() => app.close());
  const server: Server = app.getHttpServer();
  return createClient({ defer: onTestFinished }, originOf(server));
};

const start = async (create: Create, base: GatewayOptions, setting: Setting): Promise<SetUp> => {
  const { options, parts, appOptions, configure } = setting;

  @Module({ ...parts, imports: [LlmGatewayModule.forRoot({ ...base, ...options }), ...(parts?.imports ?? [])] })
  class AppModule {}

  const app = await create(AppModule, appOptions);
  await configure?.(app);
  return { ...(await listening(app)), app };
};

/** An application that listens, with a gateway in it whose provider answers at once. */
export const setUp = async (
  create: Create,
  { answer = greeting, ...setting }: Setting & { readonly answer?: FakeAnswer } = {},
): Promise<SetUp & { readonly transport: FakeTransport }> => {
  const transport = createFakeTransport(() => answer);
  return { ...(await start(create, optionsWith(transport), setting)), transport };
};

/** An application that listens, with a gateway in it whose provider answers over the network, as the test says. */
export const setUpWithUpstream = async (
  create: Create,
  { respond, ...setting }: Setting & { readonly respond?: (call: UpstreamCall) => void } = {},
): Promise<SetUp & { readonly upstream: Upstream }> => {
  const upstream = await startUpstream({ defer: onTestFinished }, respond);
  return { ...(await start(create, { ...common, providers: [upstream.provider] }, setting)), upstream };
};

/** What the provider got, as text. */
export const sent = ({ requests }: FakeTransport): string => Buffer.from(requests[0]?.body ?? "").toString();
