import { isRecord } from "../../json.ts";
import type { Call, Provider, Route } from "../provider.ts";
import { writeStream, writeWhole } from "./answer.ts";
import { readCredentials } from "./credentials.ts";
import { eventFrame, exceptionFrame } from "./framing.ts";
import { bedrockError } from "./problems.ts";
import { readPrompt, refuseUnknownFields } from "./request.ts";

const paths: Readonly<Record<string, Pick<Route, "action" | "streaming">>> = {
  converse: { action: "chat" },
  "converse-stream": { action: "chat", streaming: true },
  "count-tokens": { action: "count" },
};

const findRoute = (method: string, path: string): Route | undefined => {
  if (method === "GET") {
    if (path === "/bedrock/foundation-models") return { action: "models" };
    const name = /^\/bedrock\/foundation-models\/(.+)$/u.exec(path)?.[1];
    return name === undefined ? undefined : { action: "model", model: name };
  }
  const [, model, ending = ""] = /^\/bedrock\/model\/(.+)\/([a-z-]+)$/u.exec(path) ?? [];
  const found = Object.hasOwn(paths, ending) ? paths[ending] : undefined;
  return method !== "POST" || model === undefined || found === undefined ? undefined : { ...found, model };
};

const describeModel = (name: string): object => ({
  modelId: name,
  modelName: name,
  providerName: "Simulator",
  inputModalities: ["TEXT", "IMAGE"],
  outputModalities: ["TEXT"],
  responseStreamingSupported: true,
});

const errorEvent = (body: unknown): Uint8Array =>
  exceptionFrame(
    "serviceUnavailableException",
    JSON.stringify({ message: isRecord(body) ? body["message"] : undefined }),
  );

/** Amazon Bedrock's Converse, streamed as binary events. */
export const bedrock: Provider = {
  id: "bedrock",
  label: "Amazon Bedrock",
  basePath: "/bedrock",
  environment: (url) => ({ BEDROCK_BASE_URL: url, AWS_BEARER_TOKEN_BEDROCK: "simulator", AWS_REGION: "us-east-1" }),
  listedModels: ["anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-pro-v1:0"],
  route: findRoute,
  key: readCredentials,
  model: ({ route }) => route.model ?? "",
  isStreaming: ({ route }) => route.streaming === true,
  refuseUnknownFields: ({ body }) => refuseUnknownFields(body),
  read: (call: Call) => ({
    prompt: readPrompt(call),
    whole: (answer) => writeWhole(answer, call.signer),
    stream: (answer) => writeStream(answer, call.signer),
  }),
  count: (inputTokens) => ({ inputTokens }),
  listModels: (modelSummaries) => ({ modelSummaries }),
  describeModel,
  headers: (dice) => ({
    "x-amzn-requestid": `${dice.letters(8)}-${dice.letters(4)}-${dice.letters(12)}`.toLowerCase(),
  }),
  streamHeaders: () => ({ "content-type": "application/vnd.amazon.eventstream" }),
  error: bedrockError,
  errorEvent,
  malformedEvent: eventFrame("contentBlockDelta", '{"broken": '),
  keepAlive: "",
  blocksWithError: false,
};
