import { environmentOf } from "../environment.ts";
import type { Provider, Route } from "../provider.ts";
import { writeStream, writeWhole } from "./answer.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { geminiError } from "./problems.ts";
import { readGeminiRequest } from "./request.ts";

const prefix = "/gemini/v1beta/models";

const actions: Readonly<Record<string, Route>> = {
  generateContent: { action: "chat" },
  streamGenerateContent: { action: "chat", streaming: true },
  countTokens: { action: "count" },
};

const findRoute = (method: string, path: string): Route | undefined => {
  if (method === "GET" && path === prefix) return { action: "models" };
  if (!path.startsWith(`${prefix}/`)) return undefined;
  const rest = path.slice(prefix.length + 1);
  if (method === "GET") return { action: "model", model: rest };
  // Fault names have colons of their own; the last one belongs to the path.
  const colon = rest.lastIndexOf(":");
  const name = rest.slice(colon + 1);
  const found = Object.hasOwn(actions, name) ? actions[name] : undefined;
  return method !== "POST" || found === undefined || colon < 1 ? undefined : { ...found, model: rest.slice(0, colon) };
};

const describeModel = (name: string): object => ({
  name: `models/${name}`,
  baseModelId: name,
  version: "001",
  displayName: name,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ["generateContent", "countTokens"],
});

/** Gemini generateContent. */
export const gemini: Provider = {
  id: "gemini",
  label: "Gemini",
  basePath: "/gemini/v1beta",
  environment: environmentOf("GEMINI"),
  listedModels: ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-pro-preview"],
  route: findRoute,
  key: ({ headers, url }) => {
    const own = headers["x-goog-api-key"];
    if (typeof own === "string" && own !== "") return own;
    return url.searchParams.get("key") ?? /^Bearer +(\S+)$/iu.exec(headers.authorization ?? "")?.[1];
  },
  model: ({ route }) => route.model ?? "",
  isStreaming: ({ route }) => route.streaming === true,
  refuseUnknownFields: ({ body }) => refuseUnknownFields(body),
  read: (call) => {
    const request = readGeminiRequest(call);
    return {
      prompt: request.prompt,
      whole: (answer) => writeWhole(request, answer, call.signer),
      stream: (answer) => writeStream(request, answer, call.signer),
    };
  },
  count: (inputTokens) => ({
    totalTokens: inputTokens,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: inputTokens }],
  }),
  listModels: (models) => ({ models }),
  describeModel,
  headers: () => ({ "x-gemini-service-tier": "standard" }),
  streamHeaders: ({ url }) => ({
    "content-type": url.searchParams.get("alt") === "sse" ? "text/event-stream" : "application/json; charset=UTF-8",
  }),
  error: geminiError,
  errorEvent: (body) => `data: ${JSON.stringify(body)}\r\n\r\n`,
  blocksWithError: false,
};
