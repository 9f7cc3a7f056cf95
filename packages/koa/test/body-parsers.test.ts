import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { bodyParser } from "@koa/bodyparser";
import type { Middleware } from "koa";
import koaBodyParser from "koa-bodyparser";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { asBytes, asText } from "./host.ts";
import { chat, frameworks, path, sent, setUp } from "./set-up.ts";

/** JSON as no serializer would write it. */
const odd = `{ "model":"openai/gpt-test",\n "messages" : [{"role":"user","content":"H\\u00e9llo"}], "new_field":1.0 }`;
const oddAsSent = odd.replace("openai/gpt-test", "gpt-test");

describe.each(frameworks)("%s", (_version, framework) => {
  describe("what a body parser left of the body", () => {
    test.each<[string, Middleware]>([
      ["@koa/bodyparser", bodyParser()],
      ["@koa/bodyparser for text", bodyParser(asText)],
      ["@koa/bodyparser that is not in charge of JSON", bodyParser({ enableTypes: ["form"] })],
      ["@koa/bodyparser that patches Node's request as well", bodyParser({ patchNode: true })],
      ["koa-bodyparser", koaBodyParser()],
      ["koa-bodyparser for text", koaBodyParser(asText)],
      ["koa-bodyparser that is not in charge of JSON", koaBodyParser({ enableTypes: ["form"] })],
      ["a parser that leaves bytes", asBytes],
    ])("%s: what was sent passes byte for byte", async (_, parser) => {
      const { app, middleware, transport } = setUp(framework);
      app.use(parser).use(middleware);
      const client = supertest(app.callback());
      expect((await client.post(path).type("json").send(odd)).status).toBe(200);
      expect(sent(transport)).toBe(oddAsSent);
      expect((await client.post(path).type("json").send("{}")).status).toBe(400);
      expect((await client.post(path).type("json")).status).toBe(400);
    });

    test("a value with no text beside it", async () => {
      const { app, middleware, transport } = setUp(framework);
      app.use(async (ctx, next) => {
        ctx.request.body = JSON.parse((await buffer(ctx.req)).toString());
        await next();
      });
      app.use(middleware);
      expect((await supertest(app.callback()).post(path).send(chat)).status).toBe(200);
      expect(JSON.parse(sent(transport))).toEqual({ ...chat, model: "gpt-test" });
    });

    test("what it has inflated", async () => {
      const { app, middleware, transport } = setUp(framework);
      app.use(bodyParser()).use(middleware);
      const asked = supertest(app.callback()).post(path).type("json").set("content-encoding", "gzip");
      // Left to itself, supertest would write the bytes as JSON.
      const { status } = await asked.serialize((body) => body as string).send(gzipSync(JSON.stringify(chat)));
      expect(status).toBe(200);
      expect(JSON.parse(sent(transport))).toEqual({ ...chat, model: "gpt-test" });
    });

    test("a form that it made an object of is still not JSON", async () => {
      const { app, middleware, transport } = setUp(framework);
      app.use(bodyParser()).use(middleware);
      const form = "model=openai/gpt-test&messages[0][role]=user&messages[0][content]=Hello";
      const { status, body } = await supertest(app.callback()).post(path).type("form").send(form);
      expect(status).toBe(415);
      expect(body).toMatchObject({ error: { code: "unsupported_media_type" } });
      expect(transport.requests).toHaveLength(0);
    });

    test("a body over the parser's limit is the host's own error; in front of the parser it passes", async () => {
      const { app, middleware, transport, errors } = setUp(framework);
      const parser = bodyParser({ jsonLimit: "1kb" });
      const large = { ...chat, messages: [{ role: "user", content: "x".repeat(2_000) }] };
      app.use(parser).use(middleware);
      expect((await supertest(app.callback()).post(path).send(large)).status).toBe(413);
      expect(errors).toMatchObject([{ type: "entity.too.large" }]);
      expect(transport.requests).toHaveLength(0);
      const other = new framework().use(middleware).use(parser);
      expect((await supertest(other.callback()).post(path).send(large)).status).toBe(200);
    });
  });
});
