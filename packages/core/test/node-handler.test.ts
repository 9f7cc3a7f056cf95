import { describe, expect, it, onTestFinished, test } from "vitest";
import { chat, startHost, type StartSetting, type StartedHost } from "../src/testing/adapter/start-host.ts";
import { greet } from "../src/testing/adapter/upstream.ts";
import { patienceMs, until } from "../src/testing/adapter/within.ts";
import { testAdapter } from "../src/testing/index.ts";
import { bareNode } from "./hosts/bare-node.ts";
import { nodeHttp } from "./hosts/node-http.ts";

testAdapter(bareNode, { describe, it });
testAdapter(nodeHttp, { describe, it });

const start = (setting?: StartSetting): Promise<StartedHost> => startHost({ defer: onTestFinished }, bareNode, setting);

describe("a server that serves nothing but the gateway", () => {
  test.each(["//v1/models", "/v1/%2e%2e/v1/models", "/v1/models/%ff"])("there is nothing at %s", async (path) => {
    const { ask } = await start();
    const answer = await ask(undefined, { method: "GET", path });
    expect(answer.status).toBe(404);
    expect(JSON.parse(await answer.text())).toMatchObject({ error: { code: "route_not_found" } });
  });

  test("a query and an absolute address change nothing", async () => {
    const { ask, openSocket } = await start({ respond: greet });
    expect((await ask(chat, { path: "/v1/chat/completions?api-version=1" })).status).toBe(200);
    const socket = await openSocket();
    socket.write("GET http://elsewhere.example/v1/health?x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    await until(patienceMs, "the answer", () => socket.received().includes('"status":"ok"'));
  });
});
