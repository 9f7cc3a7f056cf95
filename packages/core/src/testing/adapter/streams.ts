import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { chatChunk, chatStream } from "../wire.ts";
import { assertIncludes } from "./assert-includes.ts";
import type { Contract } from "./contract.ts";
import { chat, streamedChat, type StartedHost } from "./start-host.ts";
import { greet, type UpstreamCall } from "./upstream.ts";

const role = chatChunk({ role: "assistant", content: "" });
const text = (content: string): string => chatChunk({ content });

/** Starts a stream and brings its answer, of which nothing has been read yet, with the call behind it. */
const startStream = async (
  { ask, upstream }: StartedHost,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly [Awaited<ReturnType<typeof ask>>, UpstreamCall]> => {
  const asked = ask(streamedChat, { headers });
  const call = await upstream.next();
  call.send(role, text("1"));
  return [await asked, call];
};

const sendsEachEvent = async (host: StartedHost): Promise<void> => {
  const [answer, call] = await startStream(host, { "accept-encoding": "gzip" });
  assert.equal(answer.status, 200);
  assert.partialDeepStrictEqual(answer.headers, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "x-llm-gateway-target": "house/m",
  });
  assert.equal(await answer.read(), role + text("1"));
  for (const piece of ["2", "3", "4", "5"]) {
    call.send(text(piece));
    assert.equal(await answer.read(), text(piece));
  }
  call.send(chatChunk({}, "stop"), "data: [DONE]\n\n");
  call.response.end();
  assert.equal(await answer.text(), `${chatChunk({}, "stop")}data: [DONE]\n\n`);
};

const tellsAndBreaks = async (host: StartedHost): Promise<void> => {
  const [answer, call] = await startStream(host, { "accept-encoding": "gzip" });
  await answer.read();
  call.response.destroy();
  const last = await answer.read();
  assertIncludes(last, '"code":"upstream_stream_truncated"');
  assertIncludes(last, '"finish_reason":"error"');
  await assert.rejects(answer.read(), { code: "ECONNRESET" });
};

/** Makes a response hold back, as compression does, what it is given until it is flushed. */
const hoard = (response: ServerResponse): void => {
  const write = response.write.bind(response);
  const held: Uint8Array[] = [];
  Object.assign(response, {
    write: (chunk: string | Uint8Array): boolean => held.push(Buffer.from(chunk)) > 0,
    flush: () => write(Buffer.concat(held.splice(0))),
  });
};

export const testStreams = ({ has, describe, test }: Contract): void => {
  describe("streams", () => {
    test("each event arrives by itself, as soon as the provider has sent it", async ({ start }) => {
      await sendsEachEvent(await start());
    });

    test("an error after content is told in the stream, and the connection is broken", async ({ start }) => {
      await tellsAndBreaks(await start());
    });

    if (has("compression")) {
      test("so it is where the host compresses", async ({ start }) => {
        const host = await start({ before: ["compression"] });
        await sendsEachEvent(host);
        await tellsAndBreaks(host);
      });
    }

    if (has("node")) {
      test("so it is where the host holds back what is not flushed", async ({ start }) => {
        const host = await start();
        host.server.prependListener("request", (_, response) => hoard(response));
        await sendsEachEvent(host);
        await tellsAndBreaks(host);
      });
    }

    test("a silent stream is kept alive", async ({ start }) => {
      const [answer, call] = await startStream(await start({ options: { timeouts: { heartbeatMs: 20 } } }));
      await answer.read();
      assert.equal(await answer.read(), ": keepalive\n\n");
      assert.equal(await answer.read(), ": keepalive\n\n");
      call.send(...chatStream("2").slice(1));
      call.response.end();
      assert.match(await answer.text(), /data: \[DONE\]\n\n$/);
    });

    test("the status waits for content, but not for ever; an error after that is told in the stream", async (tools) => {
      const { ask, upstream } = await tools.start({ options: { timeouts: { headerHoldMs: 20 } } });
      const asked = ask(streamedChat);
      const call = await upstream.next();
      call.send(role);
      const answer = await asked;
      assert.equal(answer.status, 200);
      assert.equal(await answer.read(), ": keepalive\n\n");
      call.response.destroy();
      (await upstream.next()).answer({ error: { message: "no" } }, 400);
      let last = await answer.read();
      while (last === ": keepalive\n\n") last = await answer.read();
      assertIncludes(last, '"code":"upstream_invalid_request"');
      await assert.rejects(answer.read(), { code: "ECONNRESET" });
    });

    test("an error before the first content has a status of its own", async ({ start }) => {
      const { ask } = await start({ respond: (call) => call.answer({ error: { message: "no" } }, 400) });
      const answer = await ask(streamedChat);
      assert.equal(answer.status, 400);
      assert.match(String(answer.headers["content-type"]), /^application\/json/);
      assert.equal(answer.headers["x-should-retry"], "false");
      assertIncludes(await answer.text(), '"code":"upstream_invalid_request"');
    });

    test("a whole answer passes with its length", async ({ start }) => {
      const { ask } = await start({ respond: greet });
      const answer = await ask(chat);
      const body = await answer.text();
      assert.equal(answer.headers["content-length"], String(Buffer.byteLength(body)));
      assertIncludes(body, '"content":"Hello"');
    });
  });
};
