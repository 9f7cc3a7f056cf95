import assert from "node:assert/strict";
import { chatStream } from "../wire.ts";
import { assertIncludes } from "./assert-includes.ts";
import type { Contract } from "./contract.ts";
import { keepAlive } from "./keep-alive.ts";
import { chat, streamedChat } from "./start-host.ts";
import { greet } from "./upstream.ts";
import { patienceMs, within } from "./within.ts";

const frames = chatStream("Hel", "lo");

export const testShutdown = ({ describe, test }: Contract): void => {
  describe("shutting down", () => {
    test("the host lets a stream end and serves nobody else", async ({ start }) => {
      const { ask, upstream, stop } = await start();
      const asked = ask(streamedChat);
      const call = await upstream.next();
      call.send(...frames.slice(0, 2));
      const answer = await asked;
      await answer.read();
      let isStopped = false;
      const stopped = stop().then(() => (isStopped = true));
      const outcome = await ask(chat).then(
        ({ status }) => status,
        (error: { readonly code?: unknown }) => error.code,
      );
      assert.ok(outcome === 503 || outcome === "ECONNREFUSED", `Expected to be refused, got ${String(outcome)}.`);
      assert.equal(isStopped, false);
      call.send(...frames.slice(2));
      call.response.end();
      assert.match(await answer.text(), /data: \[DONE\]\n\n$/);
      await within(patienceMs, "the host to stop", stopped);
      assert.equal(upstream.calls.length, 1);
    });

    test("the host lets a whole answer end", async ({ start }) => {
      const { ask, upstream, stop } = await start();
      const asked = ask(chat);
      const call = await upstream.next();
      const stopped = stop();
      greet(call);
      assertIncludes(await (await asked).text(), '"content":"Hello"');
      await within(patienceMs, "the host to stop", stopped);
    });

    test("a connection that is kept open but idle does not hold the host up", async ({ start, defer }) => {
      const { ask, stop } = await start({ respond: greet });
      const agent = keepAlive({ defer });
      await (await ask(chat, { agent })).text();
      await within(patienceMs, "the host to stop", stop());
      await assert.rejects(ask(chat));
    });

    test("a gateway that is closed by itself lets a stream end, and refuses what comes meanwhile", async (tools) => {
      const { ask, upstream, gateway } = await tools.start();
      const asked = ask(streamedChat);
      const call = await upstream.next();
      call.send(...frames.slice(0, 2));
      const answer = await asked;
      await answer.read();
      let isClosed = false;
      const closed = gateway.close().then(() => (isClosed = true));
      const refused = await ask(chat);
      assert.equal(refused.status, 503);
      assert.partialDeepStrictEqual(refused.headers, { connection: "close", "x-should-retry": "true" });
      assertIncludes(await refused.text(), '"code":"shutting_down"');
      assert.equal(isClosed, false);
      call.send(...frames.slice(2));
      call.response.end();
      assert.match(await answer.text(), /data: \[DONE\]\n\n$/);
      await within(patienceMs, "the gateway to be closed", closed);
      assert.equal(upstream.calls.length, 1);
    });

    test("after drainMs a stream that still runs ends with an error inside it", async ({ start }) => {
      const { ask, upstream, gateway } = await start();
      const asked = ask(streamedChat);
      const call = await upstream.next();
      call.send(...frames.slice(0, 2));
      const answer = await asked;
      await answer.read();
      await within(patienceMs, "the gateway to be closed", gateway.close({ drainMs: 10 }));
      assertIncludes(await answer.read(), '"code":"shutting_down"');
      await assert.rejects(answer.read(), { code: "ECONNRESET" });
      await within(patienceMs, "the provider's connection to close", call.closed);
    });
  });
};
