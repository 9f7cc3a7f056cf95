import type { RequestHandler } from "express";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { watchCrashes } from "../../core/test/adapter/crashes.ts";
import { chat } from "../../core/test/adapter/set-up.ts";
import { frameworks, path, setUp, watchErrors } from "./set-up.ts";

/** Over the limit that Express's parsers have of themselves. */
const large = { ...chat, messages: [{ role: "user", content: "x".repeat(200_000) }] };

describe.each(frameworks)("%s", (_version, framework) => {
  describe("what a body parser left of the body", () => {
    test.each<[string, RequestHandler]>([
      ["express.json()", framework.json()],
      ["express.raw()", framework.raw({ type: "application/json" })],
      ["express.text()", framework.text({ type: "application/json" })],
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

    test("a stream that was read to nowhere is told apart from an empty body", async () => {
      const { app, middleware } = await setUp(framework);
      app.use((request, _, next) => void request.resume().on("end", next), middleware);
      const errors = watchErrors(app);
      const { status, body } = await supertest(app).post(path).send(chat);
      expect(status).toBe(500);
      expect(body).toMatchObject({ error: { code: "internal_error", message: expect.stringContaining("req.body") } });
      expect(errors).toEqual([]);
    });

    test("a body that can not be looked at is a 500", async () => {
      const crashes = watchCrashes();
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
