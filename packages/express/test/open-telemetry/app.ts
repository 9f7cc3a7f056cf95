/** An Express app under OpenTelemetry's own instrumentation, which is asked once whole and once streamed. It prints its spans. */
import { once } from "node:events";
import type http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { allowAnyone, openai } from "@llm-gateway/core";
import { createFakeTransport } from "@llm-gateway/core/testing";
import { llmGateway } from "@llm-gateway/express";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { ExpressInstrumentation } from "@opentelemetry/instrumentation-express";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type express from "express";
import { chatAnswer, chatStream } from "../../../core/src/testing/wire.ts";

const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
trace.setGlobalTracerProvider(tracerProvider);
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()] });

// Instrumentation changes what is loaded with `require` after it.
const require = createRequire(import.meta.url);
const { createServer } = require("node:http") as typeof http;
const framework = require("express") as typeof express;

const app = framework().use(
  framework.json(),
  llmGateway({
    providers: [openai({ apiKey: "sk-openai" })],
    authenticate: allowAnyone(),
    transport: createFakeTransport(({ body }) => ({
      body: String(body).includes('"stream":true') ? chatStream("Hello") : chatAnswer("Hello"),
    })),
  }),
);
const server = createServer(app).listen(0, "127.0.0.1");
await once(server, "listening");
// The address of a server that listens on a port is never a string.
const { port } = server.address() as AddressInfo;

for (const stream of [false, true]) {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "openai/gpt-5-mini", messages: [{ role: "user", content: "Hello" }], stream }),
  });
  await answer.text();
}
server.close();
await once(server, "close");

const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  kind: SpanKind[span.kind],
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId,
}));
console.log(JSON.stringify(spans));
