import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { chatChunk, chatStream } from "../wire.ts";
import { ask } from "./client.ts";
import { startHost, streamedChat, type Mount } from "./set-up.ts";
import { greet } from "./upstream.ts";
import { until, within } from "./within.ts";

const role = chatChunk({ role: "assistant", content: "" });
const text = (content: string): string => chatChunk({ content });

export const testStreams = (mount: Mount): void => {
  describe("streams", () => {
    test("each event arrives by itself, as soon as the provider has sent it", async () => {
      const { origin, upstream } = await startHost(mount);
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(role, text("1"));
      const answer = await asked;
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
        "x-llm-gateway-target": "house/m",
      });
      expect(await within(100, "the first event", answer.read())).toBe(role + text("1"));
      for (const piece of ["2", "3", "4", "5"]) {
        call.send(text(piece));
        expect(await within(100, `event ${piece}`, answer.read())).toBe(text(piece));
      }
      call.send(chatChunk({}, "stop"), "data: [DONE]\n\n");
      call.response.end();
      expect(await answer.text()).toBe(`${chatChunk({}, "stop")}data: [DONE]\n\n`);
    });

    test("a silent stream is kept alive", async () => {
      const { origin, upstream } = await startHost(mount, undefined, { timeouts: { heartbeatMs: 20 } });
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(role, text("1"));
      const answer = await asked;
      await answer.read();
      expect(await within(90, "a sign of life", answer.read())).toBe(": keepalive\n\n");
      expect(await within(90, "another", answer.read())).toBe(": keepalive\n\n");
      call.send(...chatStream("2").slice(1));
      call.response.end();
      expect(await answer.text()).toMatch(/data: \[DONE\]\n\n$/);
    });

    test("the status waits for content, but not for ever; an error after that is told in the stream", async () => {
      const { origin, upstream } = await startHost(mount, undefined, { timeouts: { headerHoldMs: 20 } });
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(role);
      const answer = await within(90, "the status", asked);
      expect(answer.status).toBe(200);
      expect(await answer.read()).toBe(": keepalive\n\n");
      call.response.destroy();
      (await upstream.next()).answer({ error: { message: "no" } }, 400);
      let last = await answer.read();
      while (last === ": keepalive\n\n") last = await answer.read();
      expect(last).toContain('"code":"upstream_invalid_request"');
      await expect(answer.read()).rejects.toMatchObject({ code: "ECONNRESET" });
    });

    test("an error before the first content has a status of its own", async () => {
      const { origin } = await startHost(mount, (call) => call.answer({ error: { message: "no" } }, 400));
      const answer = await ask(origin, streamedChat);
      expect(answer.status).toBe(400);
      expect(answer.headers).toMatchObject({ "content-type": "application/json", "x-should-retry": "false" });
      expect(JSON.parse(await answer.text())).toMatchObject({ error: { code: "upstream_invalid_request" } });
    });

    test("an error after content is told in the stream, and the connection is broken", async () => {
      const { origin, upstream } = await startHost(mount);
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(role, text("1"));
      const answer = await asked;
      await answer.read();
      call.response.destroy();
      const last = await answer.read();
      expect(last).toContain('"code":"upstream_stream_truncated"');
      expect(last).toContain('"finish_reason":"error"');
      await expect(answer.read()).rejects.toMatchObject({ code: "ECONNRESET" });
    });

    test("a slow reader slows the provider down, and misses nothing", async () => {
      const frames = 400;
      const frame = text("x".repeat(64 * 1024));
      let sent = 0;
      let atOnce = 0;
      const { origin, server, upstream } = await startHost(mount, (call) => {
        call.send(role);
        const pump = (): void => {
          while (sent < frames) {
            sent++;
            if (!call.response.write(frame)) return void call.response.once("drain", pump);
          }
          call.response.end(chatStream().slice(1).join(""));
        };
        pump();
      });
      let response: ServerResponse | undefined;
      server.on("request", (_, theirs) => (response = theirs));
      const answer = await ask(origin, streamedChat);
      const progress = async (): Promise<boolean> => {
        const before = sent;
        await new Promise((resolve) => void setTimeout(resolve, 40));
        atOnce = Math.max(atOnce, response?.writableLength ?? 0);
        return sent > before;
      };
      while (await progress());
      expect(sent).toBeLessThan(frames);
      expect(atOnce).toBeLessThan(512 * 1024);

      const received = await answer.text();
      expect(received.length).toBe(role.length + frames * frame.length + chatChunk({}, "stop").length + 14);
      expect(upstream.calls).toHaveLength(1);
    });

    test("a reader that has stopped for good is cut off", async () => {
      const { origin, server, upstream } = await startHost(
        mount,
        (call) => {
          const pump = (): void => {
            while (!call.response.destroyed) if (!call.response.write(text("x".repeat(64 * 1024)))) return;
          };
          call.send(role);
          call.response.on("drain", pump);
          pump();
        },
        { timeouts: { writeStallMs: 30 } },
      );
      let response: ServerResponse | undefined;
      server.on("request", (_, theirs) => (response = theirs));
      const answer = await ask(origin, streamedChat);
      const call = await upstream.next();
      await within(2_000, "the provider's connection to close", call.closed);
      await until(100, "the client's connection to close", () => response?.destroyed === true);
      await expect(answer.text()).rejects.toMatchObject({ code: "ECONNRESET" });
    });

    test("a whole answer passes with its length", async () => {
      const { origin } = await startHost(mount, greet);
      const answer = await ask(origin, { ...streamedChat, stream: false });
      const body = await answer.text();
      expect(answer.headers["content-length"]).toBe(String(Buffer.byteLength(body)));
      expect(JSON.parse(body)).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
    });
  });
};
