import { describe, expect, test } from "vitest";
import { toNodeHandler } from "../src/http/node.ts";
import { testAdapter } from "./adapter/adapter-contract.ts";
import { ask, openSocket } from "./adapter/client.ts";
import { chat, startHost } from "./adapter/set-up.ts";
import { greet } from "./adapter/upstream.ts";
import { until } from "./adapter/within.ts";

testAdapter("toNodeHandler", toNodeHandler);

describe("a server that serves nothing but the gateway", () => {
  test.each(["/", "/v1", "/v1/chat/completions/", "//v1/models", "/v1/%2e%2e/v1/models", "/V1/models", "/v1/models/"])(
    "there is nothing at %s",
    async (path) => {
      const { origin } = await startHost(toNodeHandler);
      const answer = await ask(origin, undefined, { method: "GET", path });
      expect(answer.status).toBe(404);
      expect(JSON.parse(await answer.text())).toMatchObject({ error: { code: "route_not_found" } });
    },
  );

  test.each([
    ["OPTIONS", "/v1/chat/completions", "POST"],
    ["GET", "/v1/chat/completions", "POST"],
    ["POST", "/v1/models", "GET, HEAD"],
  ])("%s %s is told what is allowed there", async (method, path, allow) => {
    const { origin } = await startHost(toNodeHandler);
    const answer = await ask(origin, undefined, { method, path });
    expect(answer.status).toBe(405);
    expect(answer.headers).toMatchObject({ allow });
  });

  test("a query and an absolute address change nothing", async () => {
    const { origin } = await startHost(toNodeHandler, greet);
    expect((await ask(origin, chat, { path: "/v1/chat/completions?api-version=1" })).status).toBe(200);
    const socket = await openSocket(origin);
    socket.write("GET http://elsewhere.example/v1/health?x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    await until(100, "the answer", () => socket.received().includes('"status":"ok"'));
  });
});
