import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { ownPathOf } from "./node.ts";

const requestOf = (method: string, url: string): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { method, url });

test.each([
  ["POST", "/v1/messages", "/v1/messages"],
  ["POST", "/api/v2/llm/v1/messages", "/v1/messages"],
  ["POST", "/llm/v1/chat/completions?path=/v1/messages#x", "/v1/chat/completions"],
  ["POST", "http://elsewhere.example/llm/v1/messages", "/v1/messages"],
  ["GET", "//llm//v1/models", "/v1/models"],
  ["HEAD", "/llm/v1/models/openai%2Fgpt-5", "/v1/models/openai%2Fgpt-5"],
  ["GET", "/llm/v1/messages", undefined],
  ["POST", "/llm/v1/messages/", undefined],
  ["POST", "/llm/v1/messages/batches", undefined],
  ["POST", "/llmv1/messages", undefined],
  ["GET", "/v1/models/", undefined],
  ["GET", "/v1/models/%ff", undefined],
  ["GET", "/", undefined],
  ["GET", "", undefined],
  ["OPTIONS", "*", undefined],
])("the gateway's own path of %s %s is %s", (method, url, own) => {
  expect(ownPathOf(requestOf(method, url))).toBe(own);
});
