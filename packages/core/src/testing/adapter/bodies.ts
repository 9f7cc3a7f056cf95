import assert from "node:assert/strict";
import { assertIncludes } from "./assert-includes.ts";
import { requestBytes, type Answer } from "./client.ts";
import type { Contract } from "./contract.ts";
import { keepAlive } from "./keep-alive.ts";
import { chat } from "./start-host.ts";
import { greet } from "./upstream.ts";
import { patienceMs, until } from "./within.ts";

const sized = (bytes: number): string => {
  const body = (text: string): string => JSON.stringify({ ...chat, messages: [{ role: "user", content: text }] });
  return body("x".repeat(bytes - body("").length));
};

const megabyte = 1024 * 1024;

const codeOf = async (answer: Answer): Promise<unknown> => {
  const { error } = JSON.parse(await answer.text()) as { readonly error?: { readonly code?: unknown } };
  return error?.code;
};

/** What the middleware in front of the gateway may have made of the body. */
const states = ["json", "raw", "text"] as const;

export const testBodies = ({ has, describe, test }: Contract): void => {
  describe("request bodies", () => {
    for (const before of [[], ...states.filter(has).map((state) => [state])]) {
      test(`one that went through ${before[0] ?? "nothing"}`, async ({ start }) => {
        const { ask, upstream } = await start({ respond: greet, before });
        assert.equal((await ask(chat)).status, 200);
        assert.deepEqual(upstream.calls[0]?.body, { ...chat, model: "m" });
        // What is no JSON at all is refused by who parses it.
        for (const bad of ["{}", "", ...(before[0] === "json" ? [] : ["{"])]) {
          const refused = await ask(bad);
          assert.equal(refused.status, 400);
          assertIncludes(await refused.text(), '"type":"invalid_request_error"');
        }
      });
    }

    if (has("spent-body")) {
      test("one that somebody has read and kept is a clear error", async ({ start }) => {
        const { ask, upstream } = await start({ respond: greet, before: ["spent-body"] });
        const answer = await ask(chat);
        assert.equal(answer.status, 500);
        const text = await answer.text();
        assertIncludes(text, '"code":"internal_error"');
        assertIncludes(text, "has read the request body");
        assert.equal(upstream.calls.length, 0);
      });
    }

    test("four megabytes pass", async ({ start }) => {
      const { ask, upstream } = await start({ respond: greet });
      assert.equal((await ask(sized(4 * megabyte))).status, 200);
      assert.equal(Number(upstream.calls[0]?.request.headers["content-length"]) > 4 * megabyte - 100, true);
    });

    for (const [how, headers] of [
      ["announced", {}],
      ["not announced", { "transfer-encoding": "chunked" }],
    ] as const) {
      test(`one over the limit is refused, its size ${how}, and the connection serves the next request`, async (tools) => {
        const { ask, upstream, connections } = await tools.start({
          respond: greet,
          options: { limits: { maxBodyBytes: 100_000 } },
        });
        const agent = keepAlive(tools);
        const refused = await ask(sized(300_000), { agent, headers });
        assert.equal(refused.status, 413);
        assert.equal(await codeOf(refused), "request_too_large");
        const accepted = await ask(sized(100_000), { agent });
        assert.equal(accepted.status, 200);
        await accepted.text();
        assert.equal(connections.length, 1);
        assert.equal(upstream.calls.length, 1);
      });
    }

    test("one that never arrives is answered 408, and the connection is closed", async ({ start }) => {
      const { openSocket, connections } = await start({ respond: greet, options: { timeouts: { bodyMs: 20 } } });
      const socket = await openSocket();
      socket.write(requestBytes("{", 99));
      await until(patienceMs, "the answer", () => socket.received().includes("request_timeout"));
      await connections[0];
      assert.match(socket.received(), /^HTTP\/1\.1 408 /);
      assertIncludes(socket.received().toLowerCase(), "connection: close");
    });

    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      test(`${type} is refused, as a web page could send it from anywhere`, async ({ start }) => {
        const { ask, upstream } = await start({ respond: greet });
        const answer = await ask(chat, { headers: { "content-type": type } });
        assert.equal(answer.status, 415);
        assert.equal(await codeOf(answer), "unsupported_media_type");
        assert.equal(upstream.calls.length, 0);
      });
    }

    if (has("uploads")) {
      test("a form is refused, also where the host takes forms", async ({ start }) => {
        const { ask, upstream } = await start({ respond: greet, before: ["uploads"] });
        const form = `--x\r\ncontent-disposition: form-data; name="model"\r\n\r\n${chat.model}\r\n--x--\r\n`;
        const answer = await ask(form, { headers: { "content-type": "multipart/form-data; boundary=x" } });
        assert.equal(answer.status, 415);
        assert.equal(await codeOf(answer), "unsupported_media_type");
        assert.equal(upstream.calls.length, 0);
      });
    }
  });
};
