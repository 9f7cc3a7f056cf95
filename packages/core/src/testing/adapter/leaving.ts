import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import type { Principal } from "../../index.ts";
import { createFakeClock } from "../fake-clock.ts";
import { chatAnswer, chatChunk, chatStream } from "../wire.ts";
import { assertIncludes } from "./assert-includes.ts";
import { requestBytes, type Client } from "./client.ts";
import type { Contract } from "./contract.ts";
import { chat, streamedChat } from "./start-host.ts";
import type { UpstreamCall } from "./upstream.ts";
import { patienceMs, until, within } from "./within.ts";

const role = chatChunk({ role: "assistant", content: "" });
const half = JSON.stringify(chatAnswer("Hello")).slice(0, 60);
const begin = (call: UpstreamCall): void => call.send(...chatStream("Hello").slice(0, 2));

const sendHeaders = ({ response }: UpstreamCall): void => {
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
};

/** A client that has sent its headers, and of its body the first byte. */
const startHalfway = async ({ openSocket }: Client): Promise<{ readonly leave: () => void }> => {
  const socket = await openSocket();
  socket.write(requestBytes("{", 99));
  return { leave: () => void socket.destroy() };
};

/** How long the provider's connection may stay open after the client's has closed, in milliseconds; less than any timeout. */
const closesWithinMs = 5_000;

export const testLeaving = ({ describe, test }: Contract): void => {
  describe("a client that leaves takes its provider call with it", () => {
    for (const [what, body, respond] of [
      ["a whole answer, before its headers", chat, () => undefined],
      ["a whole answer, before its body", chat, sendHeaders],
      ["a whole answer, in the middle of its body", chat, (call) => (sendHeaders(call), call.response.write(half))],
      ["a stream, before its headers", streamedChat, () => undefined],
      ["a stream, before its first event", streamedChat, (call) => call.send()],
      ["a stream, before its first content", streamedChat, (call) => call.send(role)],
    ] as const satisfies readonly (readonly [string, object, (call: UpstreamCall) => unknown])[]) {
      test(what, async ({ start }) => {
        const { startAsking, upstream, ledger } = await start({ respond });
        const { answer, leave } = startAsking(body);
        const call = await upstream.next();
        leave();
        await assert.rejects(answer, { message: "socket hang up" });
        await within(closesWithinMs, "the provider's connection to close", call.closed);
        await until(patienceMs, "the ledger's row", () => ledger.rows().length === 1);
        assert.equal(upstream.calls.length, 1);
      });
    }

    test("a stream, in its middle", async ({ start }) => {
      const { startAsking, upstream, ledger } = await start({ respond: begin });
      const { answer, leave } = startAsking(streamedChat);
      assertIncludes(await (await answer).read(), "Hello");
      leave();
      const call = await upstream.next();
      await within(closesWithinMs, "the provider's connection to close", call.closed);
      await until(patienceMs, "the ledger's row", () => ledger.rows().length === 1);
      assert.partialDeepStrictEqual(ledger.rows()[0], { exit: "aborted", error: "client_closed" });
    });

    test("many at once", async ({ start }) => {
      const { startAsking, upstream } = await start({ respond: begin });
      const clients = Array.from({ length: 50 }, () => startAsking(streamedChat));
      await Promise.all(clients.map(({ answer }) => answer));
      for (const { leave } of clients) leave();
      const closed = Promise.all(upstream.calls.map((call) => call.closed));
      await within(closesWithinMs, "all of the provider's connections to close", closed);
      assert.equal(upstream.calls.length, 50);
    });

    test("while it is still being asked who it is: then no provider is called", async ({ start }) => {
      const clock = createFakeClock();
      const asked = Promise.withResolvers<void>();
      const found = Promise.withResolvers<Principal>();
      const authenticate = (): Promise<Principal> => {
        asked.resolve();
        return found.promise;
      };
      const host = await start({ options: { authenticate, clock } });
      const { leave } = await startHalfway(host);
      await asked.promise;
      leave();
      await host.connections[0];
      found.resolve({ id: "ada" });
      await setImmediate();
      await until(patienceMs, "the gateway to stop waiting", () => clock.pendingTimers() === 0);
      assert.equal(host.upstream.calls.length, 0);
    });

    test("in the middle of its own body: then no provider is called", async ({ start }) => {
      const clock = createFakeClock();
      const host = await start({ options: { clock } });
      const { leave } = await startHalfway(host);
      await until(patienceMs, "the gateway to wait for the body", () => clock.pendingTimers() === 1);
      leave();
      await host.connections[0];
      await until(patienceMs, "the gateway to stop waiting", () => clock.pendingTimers() === 0);
      assert.equal(host.upstream.calls.length, 0);
    });

    test("with a second request waiting behind the first on its connection", async ({ start }) => {
      const { openSocket, upstream } = await start({ respond: begin });
      const socket = await openSocket();
      socket.write(requestBytes(JSON.stringify(streamedChat)).repeat(2));
      const calls = [await upstream.next(), await upstream.next()];
      await until(patienceMs, "the first answer", () => socket.received().includes("Hello"));
      socket.destroy();
      const closed = Promise.all(calls.map((call) => call.closed));
      await within(closesWithinMs, "both of the provider's connections to close", closed);
    });
  });
};
