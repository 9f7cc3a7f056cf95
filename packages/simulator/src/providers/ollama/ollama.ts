import { isRecord } from "../../json.ts";
import { environmentOf } from "../environment.ts";
import type { Provider, Route } from "../provider.ts";
import { writeStream, writeWhole } from "./answer.ts";
import { ollamaError } from "./problems.ts";
import { readPrompt } from "./request.ts";

const findRoute = (method: string, path: string): Route | undefined => {
  if (method === "POST" && path === "/ollama/api/chat") return { action: "chat" };
  return method === "GET" && path === "/ollama/api/tags" ? { action: "models" } : undefined;
};

const describeModel = (name: string): object => ({
  name,
  model: name,
  modified_at: "2025-10-09T08:53:20Z",
  size: 2_019_393_189,
  details: { format: "gguf", family: "simulator", parameter_size: "3.2B", quantization_level: "Q4_K_M" },
});

/** Ollama's own chat. */
export const ollama: Provider = {
  id: "ollama",
  label: "Ollama",
  basePath: "/ollama",
  environment: environmentOf("OLLAMA"),
  listedModels: ["llama3.2", "qwen3:4b", "gpt-oss:20b"],
  route: findRoute,
  // On one's own machine nobody has to show one.
  key: () => "none needed",
  model: ({ body }) => (isRecord(body) && typeof body["model"] === "string" ? body["model"] : ""),
  isStreaming: ({ body }) => !isRecord(body) || body["stream"] !== false,
  // It leaves unread what it does not know.
  refuseUnknownFields: () => undefined,
  read: (call) => ({ prompt: readPrompt(call), whole: writeWhole, stream: writeStream }),
  listModels: (models) => ({ models }),
  describeModel,
  headers: () => ({}),
  streamHeaders: () => ({ "content-type": "application/x-ndjson" }),
  error: ollamaError,
  errorEvent: (body) => `${JSON.stringify(body)}\n`,
  keepAlive: "\n",
  blocksWithError: true,
};
