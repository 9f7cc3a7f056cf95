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
  ["POST", "/llm/v1beta/models/a/b/c/d/e:generateContent", "/v1beta/models/a/b/c/d/e:generateContent"],
  [
    "POST",
    "/v1beta/models/ollama%2Fllama3%3A8b%3AcountTokens?key=1",
    "/v1beta/models/ollama%2Fllama3%3A8b%3AcountTokens",
  ],
  ["GET", "/llm/v1beta/models", "/v1beta/models"],
  ["GET", "/v1beta/models/llama3:8b", "/v1beta/models/llama3:8b"],
  ["GET", "/v1beta/models/a:generateContent", undefined],
  ["POST", "/v1beta/models/a:embedContent", undefined],
  ["POST", "/v1beta/models/:generateContent", undefined],
  ["POST", "/v1beta/models/%ff:generateContent", undefined],
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
