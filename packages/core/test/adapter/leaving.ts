import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Principal } from "../../src/index.ts";
import { createFakeClock } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, chatStream } from "../wire.ts";
import { openSocket, startAsking } from "./client.ts";
import { watchCrashes } from "./crashes.ts";
import { chat, startHost, streamedChat, type Mount } from "./set-up.ts";
import type { UpstreamCall } from "./upstream.ts";
import { until, within } from "./within.ts";

const role = chatChunk({ role: "assistant", content: "" });
const half = JSON.stringify(chatAnswer("Hello")).slice(0, 60);
const nothing = (): void => undefined;

const headers = ({ response }: UpstreamCall): void => {
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
};

/** A client that has sent its headers, and of its body the first byte. */
const startHalfway = async (origin: string): Promise<{ readonly leave: () => void }> => {
  const socket = await openSocket(origin);
  const type = "content-type: application/json\r\ncontent-length: 99";
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${type}\r\n\r\n{`);
  return { leave: () => void socket.destroy() };
};

/** How long the provider's connection may stay open after the client's has closed, in milliseconds. */
const closesWithinMs = 150;

export const testLeaving = (mount: Mount): void => {
  describe("a client that leaves takes its provider call with it", () => {
    test.each<[string, object, (call: UpstreamCall) => void]>([
      ["a whole answer, before its headers", chat, nothing],
      ["a whole answer, before its body", chat, headers],
      ["a whole answer, in the middle of its body", chat, (call) => (headers(call), call.response.write(half))],
      ["a stream, before its headers", streamedChat, nothing],
      ["a stream, before its first event", streamedChat, (call) => call.send()],
      ["a stream, before its first content", streamedChat, (call) => call.send(role)],
    ])("%s", async (_, body, begin) => {
      const crashes = watchCrashes();
      const { origin, upstream, ledger } = await startHost(mount, begin);
      const { answer, leave } = startAsking(origin, body);
      const call = await upstream.next();
      leave();
      await expect(answer).rejects.toThrow("socket hang up");
      await within(closesWithinMs, "the provider's connection to close", call.closed);
      await until(100, "the ledger's row", () => ledger.rows().length === 1);
      expect(upstream.calls).toHaveLength(1);
      expect(crashes).toEqual([]);
    });

    test("a stream, in its middle", async () => {
      const crashes = watchCrashes();
      const { origin, upstream, ledger } = await startHost(mount);
      const { answer, leave } = startAsking(origin, streamedChat);
      const call = await upstream.next();
      call.send(...chatStream("Hello").slice(0, 2));
      expect(await (await answer).read()).toContain("Hello");
      leave();
      await within(closesWithinMs, "the provider's connection to close", call.closed);
      await until(100, "the ledger's row", () => ledger.rows().length === 1);
      expect(ledger.rows()[0]).toMatchObject({ exit: "aborted", error: "client_closed" });
      expect(crashes).toEqual([]);
    });

    test("many at once", async () => {
      const { origin, upstream } = await startHost(mount, (call) => call.send(...chatStream("Hello").slice(0, 2)));
      const clients = Array.from({ length: 200 }, () => startAsking(origin, streamedChat));
      await Promise.all(clients.map(({ answer }) => answer));
      for (const { leave } of clients) leave();
      const closed = Promise.all(upstream.calls.map((call) => call.closed));
      await within(closesWithinMs, "all of the provider's connections to close", closed);
      expect(upstream.calls).toHaveLength(200);
    });

    test("while it is still being asked who it is: then no provider is called", async () => {
      const crashes = watchCrashes();
      const clock = createFakeClock();
      const asked = Promise.withResolvers<void>();
      const found = Promise.withResolvers<Principal>();
      const authenticate = (): Promise<Principal> => {
        asked.resolve();
        return found.promise;
      };
      const { origin, upstream, connections } = await startHost(mount, undefined, { authenticate, clock });
      const { leave } = await startHalfway(origin);
      await asked.promise;
      leave();
      await connections[0];
      found.resolve({ id: "ada" });
      await setImmediate();
      await until(100, "the gateway to stop waiting", () => clock.pendingTimers() === 0);
      expect(upstream.calls).toHaveLength(0);
      expect(crashes).toEqual([]);
    });

    test("in the middle of its own body: then no provider is called", async () => {
      const crashes = watchCrashes();
      const clock = createFakeClock();
      const { origin, upstream, connections } = await startHost(mount, undefined, { clock });
      const { leave } = await startHalfway(origin);
      await until(100, "the gateway to wait for the body", () => clock.pendingTimers() === 1);
      leave();
      await connections[0];
      await until(100, "the gateway to stop waiting", () => clock.pendingTimers() === 0);
      expect(upstream.calls).toHaveLength(0);
      expect(crashes).toEqual([]);
    });

    test("with a second request waiting behind the first on its connection", async () => {
      const crashes = watchCrashes();
      const { origin, upstream } = await startHost(mount, (call) => call.send(...chatStream("Hello").slice(0, 2)));
      const socket = await openSocket(origin);
      const body = JSON.stringify(streamedChat);
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
      socket.write(`${head}\r\n\r\n${body}`.repeat(2));
      const calls = [await upstream.next(), await upstream.next()];
      await until(100, "the first answer", () => socket.received().includes("Hello"));
      socket.destroy();
      const closed = Promise.all(calls.map((call) => call.closed));
      await within(closesWithinMs, "both of the provider's connections to close", closed);
      expect(crashes).toEqual([]);
    });
  });
};
