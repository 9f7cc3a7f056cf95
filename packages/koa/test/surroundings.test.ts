import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Transport } from "@llm-gateway/core";
import type Koa from "koa";
import compress from "koa-compress";
import supertest from "supertest";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { chatAnswer, chatStream } from "../../core/src/testing/wire.ts";
import { chat, frameworks, greeting, path, setUp, streamedChat } from "./set-up.ts";

const frames = chatStream("Hel", "lo");
const stream = frames.join("");

/** A provider that sends these frames, and then nothing more for as long as anybody listens. */
const stuckAfter = (begin: readonly string[]): Transport => {
  async function* body(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    yield Buffer.from(begin.join(""));
    await once(signal, "abort");
    throw signal.reason;
  }
  return {
    send: async ({ signal }) => ({ status: 200, headers: { "content-type": "text/event-stream" }, body: body(signal) }),
    close: () => Promise.resolve(),
  };
};

interface Asked {
  /** The first bytes of the answer's body. */
  readonly arrived: Promise<string>;
  /** Hangs up. */
  readonly leave: () => void;
}

const startAsking = async (app: Koa, body: object): Promise<Asked> => {
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  // The address of a server that listens on a port is never a string.
  const { port } = server.address() as AddressInfo;
  const asking = request({ port, path, method: "POST", headers: { "content-type": "application/json" } });
  const arrived = new Promise<string>((resolve) => {
    asking.on("response", (answer) =>
      answer.on("error", () => undefined).once("data", (data) => resolve(String(data))),
    );
  });
  // Only the server's side of the break is looked at.
  asking.on("error", () => undefined).end(JSON.stringify(body));
  return { arrived, leave: () => void asking.destroy() };
};

const soon = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 5 });

/** What a middleware sees when those it surrounds are done. */
interface Seen {
  readonly status: number;
  readonly body: unknown;
  readonly sentByNow: boolean;
}

const watching = (app: Koa): readonly Seen[] => {
  const seen: Seen[] = [];
  app.use(async (ctx, next) => {
    await next();
    seen.push({ status: ctx.status, body: ctx.body, sentByNow: ctx.res.writableEnded });
  });
  return seen;
};

describe.each(frameworks)("%s", (_version, framework) => {
  describe("middleware around the gateway", () => {
    test.each([
      ["a whole answer", chat, chatAnswer("Hello"), JSON.stringify(chatAnswer("Hello"))],
      ["a stream", streamedChat, frames, stream],
    ])("does not shine through %s with what it set before", async (_, asked, body, expected) => {
      const { app, middleware } = setUp(framework, { body });
      app.use((ctx, next) => {
        ctx.status = 503;
        ctx.body = "not yet";
        return next();
      });
      app.use(middleware);
      const answer = await supertest(app.callback()).post(path).send(asked);
      expect(answer.status).toBe(200);
      // supertest has no name for it: the words beside the status are Node's.
      expect((answer as unknown as { res: { statusMessage: string } }).res.statusMessage).toBe("OK");
      expect(answer.text).toBe(expected);
    });

    test("finds a whole answer in ctx.body, and can still measure or change it", async () => {
      const answer = JSON.stringify(chatAnswer("Hello"), null, 3);
      const { app, middleware } = setUp(framework, { body: answer });
      app.use(async (ctx, next) => {
        await next();
        ctx.set("x-response-time", "1 ms");
        if (ctx.get("x-change") !== "") ctx.body = { changed: String(ctx.body).length };
      });
      const seen = watching(app);
      app.use(middleware);
      const asIs = await supertest(app.callback()).post(path).send(chat);
      expect(asIs.text).toBe(answer);
      expect(asIs.headers).toMatchObject({
        "content-type": "application/json",
        "content-length": String(answer.length),
        "x-response-time": "1 ms",
      });
      expect(seen).toEqual([{ status: 200, body: Buffer.from(answer), sentByNow: false }]);
      const changed = await supertest(app.callback()).post(path).set("x-change", "yes").send(chat);
      expect(changed.body).toEqual({ changed: answer.length });
    });

    test("finds bytes there as a Buffer, also those of a transport that knows none", async () => {
      const bytes = new TextEncoder().encode(JSON.stringify(chatAnswer("Hello")));
      const headers = { "content-type": "application/json" };
      const { app, middleware } = setUp(framework, { headers, body: [bytes] });
      const seen = watching(app);
      app.use(middleware);
      expect((await supertest(app.callback()).post(path).send(chat)).body).toEqual(chatAnswer("Hello"));
      expect(seen[0]?.body).toBeInstanceOf(Buffer);
    });

    test("waits for the end of a stream", async () => {
      const { app, middleware } = setUp(framework, { body: frames });
      const seen = watching(app);
      app.use(middleware);
      expect((await supertest(app.callback()).post(path).send(streamedChat)).text).toBe(stream);
      expect(seen).toEqual([{ status: 200, body: undefined, sentByNow: true }]);
    });

    test("compresses whole answers, and lets streams pass", async () => {
      const text = "x".repeat(10_000);
      const whole = setUp(framework, { body: chatAnswer(text) });
      whole.app.use(compress()).use(whole.middleware);
      const answer = await supertest(whole.app.callback()).post(path).set("accept-encoding", "gzip").send(chat);
      expect(answer.headers["content-encoding"]).toBe("gzip");
      expect(answer.body).toEqual(chatAnswer(text));

      const streamed = setUp(framework, { body: chatStream(text) });
      streamed.app.use(compress()).use(streamed.middleware);
      const asked = supertest(streamed.app.callback()).post(path).set("accept-encoding", "gzip").send(streamedChat);
      const { headers, text: received } = await asked;
      expect(headers).not.toHaveProperty("content-encoding");
      expect(received).toBe(chatStream(text).join(""));
    });

    test.each([
      ["a whole answer", chat, chatAnswer("Hello")],
      ["a stream", streamedChat, frames],
    ])("that has begun an answer of its own gets nothing of %s into it", async (_, asked, body) => {
      const { app, middleware, errors } = setUp(framework, { body });
      app.use(async (ctx, next) => {
        ctx.res.writeHead(200).write("mine ");
        await next();
        setImmediate(() => ctx.res.end("alone"));
      });
      app.use(middleware);
      expect((await supertest(app.callback()).post(path).send(asked).buffer()).text).toBe("mine alone");
      expect(errors).toEqual([]);
    });

    test.each([
      ["whole answer", chat],
      ["stream", streamedChat],
    ])("is not kept waiting when the client leaves before a %s", async (_, asked) => {
      const { app, middleware, transport, errors } = setUp(framework, new Promise(() => {}));
      const seen = watching(app);
      app.use(middleware);
      const { leave } = await startAsking(app, asked);
      await soon(() => transport.requests.length === 1);
      leave();
      await soon(() => seen.length === 1);
      expect(seen[0]?.status).toBe(499);
      expect(transport.requests[0]?.signal.aborted).toBe(true);
      expect(errors).toEqual([]);
    });

    test("is not kept waiting when the client leaves in the middle of a stream", async () => {
      const { app, middleware, errors } = setUp(framework, greeting, { transport: stuckAfter(frames.slice(0, 2)) });
      const seen = watching(app);
      app.use(middleware);
      const { arrived, leave } = await startAsking(app, streamedChat);
      expect(await arrived).toBe(frames.slice(0, 2).join(""));
      expect(seen).toEqual([]);
      leave();
      await soon(() => seen.length === 1);
      expect(errors).toEqual([]);
    });

    test("hears nothing of a stream that breaks", async () => {
      const body = frames.slice(0, 2);
      const { app, middleware, errors } = setUp(framework, { body, breaksWith: new Error("secret") });
      app.use(middleware);
      await expect(supertest(app.callback()).post(path).send(streamedChat)).rejects.toThrow("aborted");
      expect(errors).toEqual([]);
    });
  });
});
