import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { chatAnswer } from "../wire.ts";
import { requestBytes } from "./client.ts";
import type { Contract } from "./contract.ts";
import { keepAlive } from "./keep-alive.ts";
import { chat, streamedChat } from "./start-host.ts";
import { greet, greetEither } from "./upstream.ts";
import { patienceMs, until } from "./within.ts";

const listeners = (emitter: NodeJS.EventEmitter): Record<string, number> =>
  Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));

export const testConnections = ({ describe, test }: Contract): void => {
  describe("connections", () => {
    test("twenty requests over one leave no listeners behind", async ({ start, defer }) => {
      const { ask, server, connections } = await start({ respond: greetEither });
      const served: (readonly [IncomingMessage, ServerResponse])[] = [];
      server.on("request", (request, response) => served.push([request, response]));
      const counts: object[] = [];
      server.on("request", ({ socket }) => counts.push(listeners(socket)));
      const agent = keepAlive({ defer });
      for (let index = 0; index < 20; index++) {
        const answer = await ask(index % 2 === 0 ? chat : streamedChat, { agent });
        assert.equal(answer.status, 200);
        await answer.text();
      }
      assert.equal(connections.length, 1);
      assert.deepEqual(counts.at(-1), counts[1]);
      const [first, last] = [served[1], served.at(-1)].map((pair) => pair?.map(listeners));
      assert.deepEqual(last, first);
    });

    test("requests that do not wait for each other's answers are answered in order", async ({ start }) => {
      const { openSocket, upstream } = await start();
      const socket = await openSocket();
      socket.write(requestBytes(JSON.stringify(chat)).repeat(2));
      const [first, second] = [await upstream.next(), await upstream.next()];
      second.answer(chatAnswer("Second"));
      first.answer(chatAnswer("First"));
      await until(patienceMs, "both answers", () => socket.received().includes("Second"));
      assert.ok(socket.received().indexOf("First") < socket.received().indexOf("Second"));
    });

    test("HEAD is answered where GET is, without a body", async ({ start }) => {
      const { ask } = await start();
      const get = await ask(undefined, { method: "GET", path: "/v1/models" });
      const head = await ask(undefined, { method: "HEAD", path: "/v1/models" });
      assert.equal(head.status, 200);
      assert.equal(head.headers["content-length"], get.headers["content-length"]);
      assert.equal(await head.text(), "");
      assert.equal((await get.text()).length, Number(get.headers["content-length"]));
    });

    test("no model name can end a header or start another", async ({ start }) => {
      const { ask, upstream } = await start({ respond: greet });
      for (const model of ["m\r\nx-evil: 1", "\u{1F600}", "\ud83d", "naïve\u0000", "日本"]) {
        const answer = await ask({ ...chat, model: `house/${model}` });
        assert.ok([200, 400, 404].includes(answer.status));
        assert.equal(answer.headers["x-evil"], undefined);
        assert.match(String(answer.headers["x-llm-gateway-target"] ?? ""), /^[\x20-\x7e]*$/);
        await answer.text();
        const streamed = await ask({ ...streamedChat, model: `house/${model}` });
        assert.equal(streamed.status, answer.status);
        await streamed.text().catch(() => undefined);
      }
      assert.ok(upstream.calls.length > 0);
    });
  });
};
