import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { chatChunk, chatStream } from "../wire.ts";
import type { Contract } from "./contract.ts";
import { streamedChat, type StartedHost } from "./start-host.ts";
import type { UpstreamCall } from "./upstream.ts";
import { patienceMs, until, within } from "./within.ts";

const role = chatChunk({ role: "assistant", content: "" });
const large = chatChunk({ content: "x".repeat(64 * 1024) });
// More than the connections on the way can hold.
const maxFrames = 1_000;

interface Flood {
  readonly respond: (call: UpstreamCall) => void;
  /** Resolves when nothing has been sent for a while: by then all is full that can hold something. */
  readonly still: () => Promise<void>;
  /** Ends the answer, and brings how many frames it has. */
  readonly end: () => number;
}

/** A provider that sends large frames as fast as they are read, until it is told to end. */
const createFlood = (): Flood => {
  let sent = 0;
  let frames = maxFrames;
  return {
    respond: (call) => {
      const pump = (): void => {
        while (sent < frames) {
          sent++;
          if (!call.response.write(large)) return void call.response.once("drain", pump);
        }
        call.response.end(chatStream().slice(1).join(""));
      };
      call.send(role);
      pump();
    },
    still: async () => {
      for (let before = -1; before !== sent; await setTimeout(10)) before = sent;
      assert.ok(sent < maxFrames, "The provider was not slowed down.");
    },
    end: () => (frames = sent),
  };
};

/** Node's response of the latest request. */
const watchResponse = ({ server }: StartedHost): (() => ServerResponse | undefined) => {
  let latest: ServerResponse | undefined;
  server.on("request", (_, response) => (latest = response));
  return () => latest;
};

export const testSlowReaders = ({ describe, test }: Contract): void => {
  describe("slow readers", () => {
    test("one slows the provider down, and misses nothing", async ({ start }) => {
      const { respond, still, end } = createFlood();
      const host = await start({ respond });
      const response = watchResponse(host);
      const answer = await host.ask(streamedChat);
      await still();
      const held = response()?.writableLength ?? 0;
      assert.ok(held < 512 * 1024, `${held} bytes were held for a slow client.`);

      const frames = end();
      const received = await answer.text();
      assert.equal(received.length, role.length + frames * large.length + chatChunk({}, "stop").length + 14);
      assert.equal(host.upstream.calls.length, 1);
    });

    test("one that has stopped for good is cut off", async ({ start }) => {
      const { respond } = createFlood();
      const host = await start({ respond, options: { timeouts: { writeStallMs: 30 } } });
      const response = watchResponse(host);
      const answer = await host.ask(streamedChat);
      const call = await host.upstream.next();
      await within(patienceMs, "the provider's connection to close", call.closed);
      await until(patienceMs, "the client's connection to close", () => response()?.destroyed === true);
      await assert.rejects(answer.text(), { code: "ECONNRESET" });
    });

    test("so is one that has stopped when the time to shut down is over", async ({ start }) => {
      const { respond, still } = createFlood();
      const host = await start({ respond });
      const response = watchResponse(host);
      await host.ask(streamedChat);
      const call = await host.upstream.next();
      await still();
      await within(patienceMs, "the gateway to be closed", host.gateway.close({ drainMs: 10 }));
      await within(patienceMs, "the provider's connection to close", call.closed);
      await until(patienceMs, "the client's connection to close", () => response()?.destroyed === true);
    });
  });
};
