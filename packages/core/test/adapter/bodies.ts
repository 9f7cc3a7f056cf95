import { Agent } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { ask, openSocket } from "./client.ts";
import { chat, startHost, type Mount } from "./set-up.ts";
import { greet } from "./upstream.ts";
import { until } from "./within.ts";

const sized = (bytes: number): string => {
  const body = (text: string): string => JSON.stringify({ ...chat, messages: [{ role: "user", content: text }] });
  return body("x".repeat(bytes - body("").length));
};

const oneConnection = (): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return agent;
};

const jsonOf = async (answer: Awaited<ReturnType<typeof ask>>): Promise<unknown> => JSON.parse(await answer.text());

export const testBodies = (mount: Mount): void => {
  describe("request bodies", () => {
    test("two megabytes pass", async () => {
      const { origin, upstream } = await startHost(mount, greet);
      const answer = await ask(origin, sized(2 * 1024 * 1024));
      expect(answer.status).toBe(200);
      expect(JSON.stringify(upstream.calls[0]?.body).length).toBeGreaterThan(2 * 1024 * 1024 - 100);
    });

    test.each([
      ["announced", {}],
      ["not announced", { "transfer-encoding": "chunked" }],
    ])("one over the limit is refused, its size %s, and the connection serves the next request", async (_, headers) => {
      const { origin, upstream, connections } = await startHost(mount, greet, { limits: { maxBodyBytes: 100_000 } });
      const agent = oneConnection();
      const refused = await ask(origin, sized(300_000), { agent, headers });
      expect(refused.status).toBe(413);
      expect(await jsonOf(refused)).toMatchObject({ error: { code: "request_too_large" } });
      const accepted = await ask(origin, sized(100_000), { agent });
      expect(accepted.status).toBe(200);
      await accepted.text();
      expect(connections).toHaveLength(1);
      expect(upstream.calls).toHaveLength(1);
    });

    test("one that never arrives is answered 408, and the connection is closed", async () => {
      const { origin, connections } = await startHost(mount, greet, { timeouts: { bodyMs: 20 } });
      const socket = await openSocket(origin);
      const type = "content-type: application/json\r\ncontent-length: 99";
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${type}\r\n\r\n{`);
      await connections[0];
      await until(100, "the answer", () => socket.received().includes("request_timeout"));
      expect(socket.received()).toMatch(/^HTTP\/1\.1 408 /);
      expect(socket.received().toLowerCase()).toContain("connection: close");
    });

    test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
      "%s is refused, as a web page could send it from anywhere",
      async (type) => {
        const { origin, upstream } = await startHost(mount, greet);
        const answer = await ask(origin, chat, { headers: { "content-type": type } });
        expect(answer.status).toBe(415);
        expect(upstream.calls).toHaveLength(0);
      },
    );
  });
};
