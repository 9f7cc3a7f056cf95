import { isRecord, type JsonRecord } from "../../json.ts";
import type { Answer } from "../../model/answer.ts";
import { environmentOf } from "../environment.ts";
import type { Provider, Route } from "../provider.ts";
import { writeStream, writeWhole } from "./answer.ts";
import { anthropicError } from "./problems.ts";
import { readAnthropicRequest, refuseUnknownFields } from "./request.ts";
import { threadOf } from "./threads.ts";

const prefix = "/anthropic/v1";

const findRoute = (method: string, path: string): Route | undefined => {
  if (!path.startsWith(`${prefix}/`)) return undefined;
  const rest = path.slice(prefix.length);
  if (method === "POST" && rest === "/messages") return { action: "chat" };
  if (method === "POST" && rest === "/messages/count_tokens") return { action: "count" };
  if (method === "GET" && rest === "/models") return { action: "models" };
  return method === "GET" && rest.startsWith("/models/")
    ? { action: "model", model: rest.slice("/models/".length) }
    : undefined;
};

const listedModels = ["claude-haiku-4-5", "claude-opus-5", "claude-sonnet-4-5"] as const;

const describeModel = (name: string): object => ({
  type: "model",
  id: name,
  display_name: name,
  created_at: "2025-01-01T00:00:00Z",
});

const inAMinute = (): string => `${new Date(Date.now() + 60_000).toISOString().slice(0, 19)}Z`;

/** Anthropic Messages. */
export const anthropic: Provider = {
  id: "anthropic",
  label: "Anthropic",
  basePath: "/anthropic",
  environment: environmentOf("ANTHROPIC"),
  listedModels,
  route: findRoute,
  key: ({ headers }) => {
    const own = headers["x-api-key"];
    return typeof own === "string" && own !== "" ? own : /^Bearer +(\S+)$/iu.exec(headers.authorization ?? "")?.[1];
  },
  model: ({ body }) => (isRecord(body) && typeof body["model"] === "string" ? body["model"] : ""),
  isStreaming: ({ body }) => isRecord(body) && body["stream"] === true,
  refuseUnknownFields: ({ body }) => refuseUnknownFields(body),
  read: (call) => {
    const thread = threadOf(call);
    const request = readAnthropicRequest({ ...call, body: thread.body });
    const write = (answer: Answer): JsonRecord => {
      const message = writeWhole(request, answer, call.signer);
      thread.keep(message);
      return message;
    };
    return {
      prompt: request.prompt,
      whole: write,
      stream: (answer) => {
        write(answer);
        return writeStream(request, answer, call.signer);
      },
    };
  },
  count: (inputTokens) => ({ input_tokens: inputTokens }),
  listModels: (data) => ({ data, has_more: false, first_id: listedModels[0], last_id: listedModels[2] }),
  describeModel,
  headers: (dice) => ({
    "request-id": `req_011${dice.letters(21)}`,
    "anthropic-organization-id": "3f2b8c1e-9a4d-4c7b-8e21-5d6f7a8b9c0d",
    "anthropic-ratelimit-requests-limit": "4000",
    "anthropic-ratelimit-requests-remaining": "3999",
    "anthropic-ratelimit-requests-reset": inAMinute(),
    "anthropic-ratelimit-tokens-limit": "2400000",
    "anthropic-ratelimit-tokens-remaining": "2399000",
    "anthropic-ratelimit-tokens-reset": inAMinute(),
  }),
  streamHeaders: () => ({}),
  error: anthropicError,
  errorEvent: (body) => `event: error\ndata: ${JSON.stringify(body)}\n\n`,
  blocksWithError: false,
};
