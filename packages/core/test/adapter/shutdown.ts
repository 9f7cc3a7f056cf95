import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { chatChunk, chatStream } from "../wire.ts";
import { ask } from "./client.ts";
import { watchCrashes } from "./crashes.ts";
import { chat, startHost, streamedChat, type Mount } from "./set-up.ts";
import { within } from "./within.ts";

export const testShutdown = (mount: Mount): void => {
  describe("close()", () => {
    test("lets a stream end, and refuses what comes meanwhile", async () => {
      const { origin, upstream, gateway } = await startHost(mount);
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      const frames = chatStream("Hel", "lo");
      call.send(...frames.slice(0, 2));
      const answer = await asked;
      await answer.read();
      let isClosed = false;
      const closed = gateway.close().then(() => (isClosed = true));
      const refused = await ask(origin, chat);
      expect(refused.status).toBe(503);
      expect(refused.headers).toMatchObject({ connection: "close", "x-should-retry": "true" });
      expect(await refused.text()).toContain('"code":"shutting_down"');
      expect(isClosed).toBe(false);
      call.send(...frames.slice(2));
      call.response.end();
      expect(await answer.text()).toMatch(/data: \[DONE\]\n\n$/);
      await within(500, "the gateway to be closed", closed);
      expect(upstream.calls).toHaveLength(1);
    });

    test("after drainMs ends a stream that still runs, with an error inside it", async () => {
      const crashes = watchCrashes();
      const { origin, upstream, gateway } = await startHost(mount);
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(...chatStream("Hel").slice(0, 2));
      const answer = await asked;
      await answer.read();
      await within(500, "the gateway to be closed", gateway.close({ drainMs: 10 }));
      expect(await answer.read()).toContain('"code":"shutting_down"');
      await expect(answer.read()).rejects.toMatchObject({ code: "ECONNRESET" });
      await within(150, "the provider's connection to close", call.closed);
      expect(crashes).toEqual([]);
    });

    test("after drainMs cuts off a client that has stopped reading", async () => {
      const { origin, server, upstream, gateway } = await startHost(mount);
      let response: ServerResponse | undefined;
      server.on("request", (_, theirs) => (response = theirs));
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      const frame = chatChunk({ content: "x".repeat(64 * 1024) });
      let lastWrite = 0;
      const pump = (): void => {
        lastWrite = performance.now();
        while (!call.response.destroyed && call.response.write(frame));
      };
      call.send();
      call.response.on("drain", pump);
      pump();
      await asked;
      while (performance.now() - lastWrite < 80) await new Promise((resolve) => void setTimeout(resolve, 20));
      await within(500, "the gateway to be closed", gateway.close({ drainMs: 10 }));
      await within(150, "the provider's connection to close", call.closed);
      expect(response?.destroyed).toBe(true);
    });
  });
};
