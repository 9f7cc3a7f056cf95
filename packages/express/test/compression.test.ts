import { createServer } from "node:http";
import compression from "compression";
import type { RequestHandler } from "express";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { ask } from "../../core/test/adapter/client.ts";
import { listen } from "../../core/test/adapter/listen.ts";
import { chat, streamedChat } from "../../core/test/adapter/set-up.ts";
import { hold } from "../../core/test/adapter/upstream.ts";
import { within } from "../../core/test/adapter/within.ts";
import { chatAnswer, chatStream } from "../../core/test/wire.ts";
import { frameworks, path, setUp } from "./set-up.ts";

/** Compresses like the usual middleware, but whatever the headers say: nothing leaves it before a flush. */
const hoarding: RequestHandler = (_, response, next) => {
  const write = response.write.bind(response);
  const held: Uint8Array[] = [];
  response.write = (chunk: string | Uint8Array): boolean => held.push(Buffer.from(chunk as string)) > 0;
  Object.assign(response, { flush: () => write(Buffer.concat(held.splice(0))) });
  next();
};

describe.each(frameworks)("%s", (_version, framework) => {
  describe("a host that compresses", () => {
    for (const [how, compressing] of [
      ["and holds back what is not flushed", hoarding],
      ["with the package `compression`", compression()],
    ] as const) {
      test(`${how} still sends every event as it comes`, async () => {
        const { app, middleware, upstream } = await setUp(framework, hold);
        app.use(compressing, middleware);
        const headers = { "accept-encoding": "gzip" };
        const asked = ask(await listen(createServer(app)), streamedChat, { headers });
        const call = await upstream.next();
        const frames = chatStream("1", "2", "3");
        call.send(...frames.slice(0, 2));
        const answer = await asked;
        expect(await within(100, "the first event", answer.read())).toBe(frames.slice(0, 2).join(""));
        call.send(...frames.slice(2, 3));
        expect(await within(100, "the second event", answer.read())).toBe(frames[2]);
        call.response.destroy();
        expect(await within(100, "the error", answer.read())).toContain('"finish_reason":"error"');
        await expect(within(100, "the break", answer.read())).rejects.toMatchObject({ code: "ECONNRESET" });
      });

      test(`${how} still sends a whole answer whole`, async () => {
        const text = "x".repeat(100_000);
        const { app, middleware } = await setUp(framework, (call) => call.answer(chatAnswer(text)));
        app.use(compressing, middleware);
        const { status, body } = await supertest(app).post(path).send(chat);
        expect(status).toBe(200);
        expect(body).toMatchObject({ choices: [{ message: { content: text } }] });
      });
    }
  });
});
