import { Agent, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { chatAnswer, chatStream } from "../wire.ts";
import { ask, openSocket } from "./client.ts";
import { watchCrashes } from "./crashes.ts";
import { chat, startHost, streamedChat, type Mount } from "./set-up.ts";
import { greet } from "./upstream.ts";
import { until } from "./within.ts";

const listeners = (emitter: NodeJS.EventEmitter): Record<string, number> =>
  Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));

export const testConnections = (mount: Mount): void => {
  describe("connections", () => {
    test("fifty requests over one leave no listeners behind", async () => {
      const crashes = watchCrashes();
      const { origin, server, connections } = await startHost(mount, (call) => {
        if (call.body.stream !== true) return call.answer(chatAnswer("Hello"));
        call.send(...chatStream("Hello"));
        call.response.end();
      });
      const served: (readonly [IncomingMessage, ServerResponse])[] = [];
      server.on("request", (request, response) => served.push([request, response]));
      const counts: object[] = [];
      server.on("request", ({ socket }) => counts.push(listeners(socket)));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      for (let index = 0; index < 50; index++) {
        const answer = await ask(origin, index % 2 === 0 ? chat : streamedChat, { agent });
        expect(answer.status).toBe(200);
        await answer.text();
      }
      expect(connections).toHaveLength(1);
      expect(counts.at(-1)).toEqual(counts[1]);
      const [first, last] = [served[1], served.at(-1)].map((pair) => pair?.map(listeners));
      expect(last).toEqual(first);
      expect(last?.[0]).not.toHaveProperty("data");
      expect(crashes).toEqual([]);
    });

    test("requests that do not wait for each other's answers are answered in order", async () => {
      const { origin, upstream } = await startHost(mount);
      const socket = await openSocket(origin);
      const body = JSON.stringify(chat);
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
      socket.write(`${head}\r\n\r\n${body}`.repeat(2));
      const [first, second] = [await upstream.next(), await upstream.next()];
      second.answer(chatAnswer("Second"));
      first.answer(chatAnswer("First"));
      await until(100, "both answers", () => socket.received().includes("Second"));
      expect(socket.received().indexOf("First")).toBeLessThan(socket.received().indexOf("Second"));
    });

    test("HEAD is answered where GET is, without a body", async () => {
      const { origin } = await startHost(mount, greet);
      const get = await ask(origin, undefined, { method: "GET", path: "/v1/models" });
      const head = await ask(origin, undefined, { method: "HEAD", path: "/v1/models" });
      expect(head.status).toBe(200);
      expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
      expect(await head.text()).toBe("");
      expect((await get.text()).length).toBe(Number(get.headers["content-length"]));
    });

    test("no model name can end a header or start another", async () => {
      const { origin, upstream } = await startHost(mount, greet);
      for (const model of ["m\r\nx-evil: 1", "\u{1F600}", "\ud83d", "naïve\u0000", "日本"]) {
        const answer = await ask(origin, { ...chat, model: `house/${model}` });
        expect([200, 400, 404]).toContain(answer.status);
        expect(answer.headers).not.toHaveProperty("x-evil");
        expect(answer.headers["x-llm-gateway-target"] ?? "").toMatch(/^[\x20-\x7e]*$/);
        await answer.text();
        const streamed = await ask(origin, { ...streamedChat, model: `house/${model}` });
        expect(streamed.status).toBe(answer.status);
        await streamed.text().catch(() => undefined);
      }
      expect(upstream.calls.length).toBeGreaterThan(0);
    });
  });
};
