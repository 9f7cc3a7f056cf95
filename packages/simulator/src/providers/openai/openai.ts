import { isRecord } from "../../json.ts";
import { environmentOf } from "../environment.ts";
import type { Call, Provider, Route } from "../provider.ts";
import { writeStream, writeWhole } from "./answer.ts";
import { answerEmbeddings } from "./embeddings.ts";
import { refuseUnknownFields } from "./fields.ts";
import { openaiError } from "./problems.ts";
import { readOpenaiRequest } from "./request.ts";

/** The path below the one that stands for OpenAI, or for any server that is compatible with it. */
export const openaiPath = (path: string): { readonly rest: string | undefined; readonly tolerant: boolean } => {
  const tolerant = path.startsWith("/v1/");
  if (tolerant) return { rest: path.slice("/v1".length), tolerant };
  return { rest: path.startsWith("/openai/v1/") ? path.slice("/openai/v1".length) : undefined, tolerant };
};

const findRoute = (method: string, path: string): Route | undefined => {
  const { rest, tolerant } = openaiPath(path);
  if (rest === undefined) return undefined;
  if (method === "POST" && rest === "/chat/completions") return { action: "chat", tolerant };
  if (method === "POST" && rest === "/embeddings") return { action: "embed", tolerant };
  if (method === "GET" && rest === "/models") return { action: "models", tolerant };
  if (method === "GET" && rest.startsWith("/models/"))
    return { action: "model", model: rest.slice("/models/".length), tolerant };
  return undefined;
};

const describeModel = (name: string): object => ({
  id: name,
  object: "model",
  created: 1_735_689_600,
  owned_by: "simulator",
});

/** OpenAI Chat Completions and Embeddings, at `/openai/v1`, and any server that is compatible with it, at `/v1`. */
export const openai: Provider = {
  id: "openai",
  label: "OpenAI",
  basePath: "/openai/v1",
  environment: environmentOf("OPENAI"),
  listedModels: ["gpt-4o", "gpt-4o-mini", "gpt-5", "gpt-5-mini"],
  route: findRoute,
  key: ({ headers }) => /^Bearer +(\S+)$/iu.exec(headers.authorization ?? "")?.[1],
  model: ({ body }: Call) => (isRecord(body) && typeof body["model"] === "string" ? body["model"] : ""),
  isStreaming: ({ body }) => isRecord(body) && body["stream"] === true,
  refuseUnknownFields: ({ body, route }) => {
    if (route.tolerant !== true) refuseUnknownFields(body);
  },
  read: (call) => {
    const request = readOpenaiRequest(call);
    return {
      prompt: request.prompt,
      whole: (answer) => writeWhole(request, answer),
      stream: (answer) => writeStream(request, answer),
    };
  },
  embed: answerEmbeddings,
  listModels: (data) => ({ object: "list", data }),
  describeModel,
  headers: (dice) => ({
    "x-request-id": `req_${dice.letters(32).toLowerCase()}`,
    "openai-processing-ms": String(20 + dice.below(200)),
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "1999900",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "3ms",
  }),
  streamHeaders: () => ({}),
  error: openaiError,
  errorEvent: (body) => `data: ${JSON.stringify(body)}\n\n`,
  blocksWithError: true,
};
