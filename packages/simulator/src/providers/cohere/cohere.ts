import { isRecord } from "../../json.ts";
import { environmentOf } from "../environment.ts";
import type { Provider, Route } from "../provider.ts";
import { writeStream, writeWhole } from "./answer.ts";
import { refuseUnknownFields } from "./fields.ts";
import { cohereError, uuidOf } from "./problems.ts";
import { readCohereRequest } from "./request.ts";

const findRoute = (method: string, path: string): Route | undefined => {
  if (method === "POST" && path === "/cohere/v2/chat") return { action: "chat" };
  if (method !== "GET") return undefined;
  if (path === "/cohere/v1/models") return { action: "models" };
  const name = /^\/cohere\/v1\/models\/(.+)$/u.exec(path)?.[1];
  return name === undefined ? undefined : { action: "model", model: name };
};

const describeModel = (name: string): object => ({
  name,
  is_deprecated: false,
  endpoints: ["chat"],
  finetuned: false,
  context_length: 128_000,
  features: ["json_mode", "json_schema", "tools"],
  default_endpoints: [],
});

/** How an error ends a stream that has begun. */
const errorEvent = (body: unknown): string => {
  const delta = { finish_reason: "ERROR", error: isRecord(body) ? body["message"] : undefined };
  return `event: message-end\ndata: ${JSON.stringify({ type: "message-end", delta })}\n\n`;
};

/** Cohere's chat, version 2. */
export const cohere: Provider = {
  id: "cohere",
  label: "Cohere",
  basePath: "/cohere/v2",
  environment: environmentOf("COHERE"),
  listedModels: ["command-a-03-2025", "command-a-reasoning-08-2025"],
  route: findRoute,
  key: ({ headers }) => /^Bearer +(\S+)$/iu.exec(headers.authorization ?? "")?.[1],
  model: ({ body }) => (isRecord(body) && typeof body["model"] === "string" ? body["model"] : ""),
  isStreaming: ({ body }) => isRecord(body) && body["stream"] === true,
  refuseUnknownFields: ({ body }) => refuseUnknownFields(body),
  read: (call) => {
    const request = readCohereRequest(call);
    return {
      prompt: request.prompt,
      whole: (answer) => writeWhole(request, answer),
      stream: (answer) => writeStream(request, answer),
    };
  },
  listModels: (models) => ({ models }),
  describeModel,
  headers: (dice) => ({ "x-debug-trace-id": uuidOf(dice), "x-endpoint-monthly-call-limit": "1000" }),
  streamHeaders: () => ({}),
  error: cohereError,
  errorEvent,
  blocksWithError: true,
};
