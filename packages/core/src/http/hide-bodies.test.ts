import { IncomingMessage, type IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { hideBodies, showBody } from "./node.ts";

const path = "/v1/chat/completions";
const json = { "content-type": "application/json", "content-length": "2" };

const requestOf = (url: string, headers: IncomingHttpHeaders = json, method = "POST"): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { method, url, headers: { host: "x", ...headers } });

/** What a parser after the middleware sees of a request. */
const seenOf = (mounts: readonly string[], request: IncomingMessage): IncomingHttpHeaders | undefined => {
  let seen: IncomingHttpHeaders | undefined;
  hideBodies(() => mounts)(request, undefined, () => (seen = { ...request.headers }));
  return seen;
};

describe("the body of a request to the gateway", () => {
  test.each([
    ["at the root", "", path],
    ["at a root that is named", "/", path],
    ["with a query", "", `${path}?key=1`],
    ["of another dialect", "", "/v1/messages"],
    ["with the model in the path", "/llm", "/llm/v1beta/models/gemini-3-pro:generateContent"],
    ["with an encoded slash in the path", "", "/v1beta/models/openai%2Fgpt-5:streamGenerateContent?alt=sse"],
    ["with slashes in the path", "", "/v1beta/models/openrouter/openai/gpt-5:countTokens"],
    ["with an absolute address", "", `http://elsewhere.example${path}`],
    ["at a path", "/llm", `/llm${path}`],
    ["at a path that is written otherwise", "ai//llm/", `/ai/llm${path}`],
    ["at a path with a parameter", "/tenants/:tenant/llm", `/tenants/acme/llm${path}`],
    ["at a path with a dot", "/llm.v2", `/llm.v2${path}`],
  ])("is hidden, and given back: %s", (_, mount, url) => {
    const request = requestOf(url);
    expect(seenOf(["/other", mount], request)).toEqual({ host: "x" });
    showBody(request);
    expect(request.headers).toEqual({ host: "x", ...json });
  });

  test.each<[string, IncomingHttpHeaders]>([
    ["in chunks", { "content-type": "application/json", "transfer-encoding": "chunked" }],
    ["without a type", { "content-length": "2" }],
  ])("is hidden, and given back, as it was sent: %s", (_, headers) => {
    const request = requestOf(path, headers);
    expect(seenOf([""], request)).toEqual({ host: "x" });
    showBody(request);
    expect(request.headers).toEqual({ host: "x", ...headers });
  });

  test("is the parser's where it has an encoding to undo", () => {
    const gzip = { ...json, "content-encoding": "gzip" };
    expect(seenOf([""], requestOf(path, gzip))).toEqual({ host: "x", ...gzip });
    const identity = { ...json, "content-encoding": "identity" };
    expect(seenOf([""], requestOf(path, identity))).toEqual({ host: "x", "content-encoding": "identity" });
  });

  test("comes back where the middleware was there twice", () => {
    const request = requestOf(path);
    seenOf([""], request);
    seenOf([""], request);
    showBody(request);
    expect(request.headers).toEqual({ host: "x", ...json });
  });

  test("comes back alone: what others did to the headers meanwhile stays", () => {
    const request = requestOf(path, { ...json, authorization: "Bearer outer", "x-forwarded-for": "10.0.0.1" });
    seenOf([""], request);
    request.headers.authorization = "Bearer inner";
    delete request.headers["x-forwarded-for"];
    showBody(request);
    expect(request.headers).toEqual({ host: "x", ...json, authorization: "Bearer inner" });
  });
});

test.each([
  ["another method", "", path, "PUT"],
  ["a route without a body", "", "/v1/models", "POST"],
  ["a verb that is not served", "", "/v1beta/models/openai/gpt-5:embedContent", "POST"],
  ["a path of its own that ends as the gateway's", "", `/own${path}`, "POST"],
  ["one slash too many", "", `/${path}`, "POST"],
  ["one segment too many", "", `${path}/`, "POST"],
  ["another place than the gateway's", "/llm", path, "POST"],
  ["a path in which the place's dot is another letter", "/llm.v2", `/llm-v2${path}`, "POST"],
  ["no path at all", "", "*", "POST"],
])("a request of the host's own stays as it is: %s", (_, mount, url, method) => {
  const request = requestOf(url, json, method);
  expect(seenOf([mount], request)).toEqual({ host: "x", ...json });
  showBody(request);
  expect(request.headers).toEqual({ host: "x", ...json });
});

test("where the gateway is served is asked once, with the first request", () => {
  let asked = 0;
  const middleware = hideBodies(() => [`/llm${++asked}`]);
  expect(asked).toBe(0);
  for (const [url, left] of [
    [`/llm1${path}`, { host: "x" }],
    [`/llm2${path}`, { host: "x", ...json }],
  ] as const) {
    const request = requestOf(url);
    middleware(request, undefined, () => undefined);
    expect(request.headers).toEqual(left);
  }
  expect(asked).toBe(1);
});
