import { gzipSync } from "node:zlib";
import type { Express, RequestHandler } from "express";
import supertest from "supertest";
import { describe, expect, onTestFinished, test } from "vitest";
import { watchCrashes } from "../../core/src/testing/adapter/crashes.ts";
import { chat } from "../../core/src/testing/adapter/start-host.ts";
import { frameworks, path, setUp, watchErrors } from "./set-up.ts";

/** Over the limit that Express's parsers have of themselves. */
const large = { ...chat, messages: [{ role: "user", content: "x".repeat(200_000) }] };

describe.each(frameworks)("%s", (_version, framework) => {
  describe("what a body parser left of the body", () => {
    test.each<[string, RequestHandler]>([
      ["express.urlencoded(), which leaves JSON alone", framework.urlencoded({ extended: true })],
      ["express.raw(), which leaves JSON alone", framework.raw()],
    ])("%s", async (_, parser) => {
      const { app, middleware, upstream } = await setUp(framework);
      app.use(parser, middleware);
      const { status } = await supertest(app).post(path).send(chat);
      expect(status).toBe(200);
      expect(upstream.calls[0]?.body).toMatchObject({ ...chat, model: "m" });
      expect((await supertest(app).post(path).type("json").send("{")).status).toBe(400);
      expect((await supertest(app).post(path).type("json").send("{}")).status).toBe(400);
      expect((await supertest(app).post(path).type("json")).status).toBe(400);
    });

    test.each<[string, RequestHandler]>([
      ["express.json()", framework.json()],
      ["express.raw()", framework.raw({ type: "application/json" })],
      ["express.text()", framework.text({ type: "application/json" })],
    ])("what %s has inflated is what it was before; nothing else inflates it", async (_, parser) => {
      const askCompressed = async (app: Express): Promise<number> => {
        const asked = supertest(app).post(path).type("json").set("content-encoding", "gzip");
        // Left to itself, supertest would write the bytes as JSON.
        return (await asked.serialize((body) => body as string).send(gzipSync(JSON.stringify(chat)))).status;
      };
      const { app, middleware, upstream } = await setUp(framework);
      app.use(parser, middleware);
      expect(await askCompressed(app)).toBe(200);
      expect(upstream.calls[0]?.body).toEqual({ ...chat, model: "m" });
      expect(await askCompressed(framework().use(middleware))).toBe(415);
    });

    test("a body over the parser's limit is the host's own error", async () => {
      const { app, middleware, upstream } = await setUp(framework);
      app.use(framework.json(), middleware);
      const errors = watchErrors(app);
      expect((await supertest(app).post(path).send(large)).status).toBe(599);
      expect(errors).toMatchObject([{ type: "entity.too.large" }]);
      expect(upstream.calls).toHaveLength(0);
    });

    test("in front of the parser the same body passes", async () => {
      const { app, middleware } = await setUp(framework);
      app.use(middleware, framework.json());
      expect((await supertest(app).post(path).send(large)).status).toBe(200);
    });

    test.each(["text/plain", "application/x-www-form-urlencoded"])(
      "a %s that a parser made an object of is still not JSON",
      async (type) => {
        const { app, middleware, upstream } = await setUp(framework);
        app.use(framework.urlencoded({ extended: true, type: () => true }), middleware);
        const form = "model=house/m&messages[0][role]=user&messages[0][content]=Hello";
        const { status, body } = await supertest(app).post(path).type(type).send(form);
        expect(status).toBe(415);
        expect(body).toMatchObject({ error: { code: "unsupported_media_type" } });
        expect(upstream.calls).toHaveLength(0);
      },
    );

    test("a body that can not be looked at is a 500", async () => {
      const crashes = watchCrashes({ defer: onTestFinished });
      const { app, middleware } = await setUp(framework);
      const fail = (): never => {
        throw new Error("secret");
      };
      app.use((request, _, next) => {
        Object.defineProperty(request, "body", { get: fail });
        next();
      }, middleware);
      const errors = watchErrors(app);
      const { status, text } = await supertest(app).post(path).send(chat);
      expect(status).toBe(500);
      expect(text).not.toContain("secret");
      expect([...errors, ...crashes]).toEqual([]);
    });
  });
});
