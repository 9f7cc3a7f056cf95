import { AsyncLocalStorage } from "node:async_hooks";
import { defineStage } from "@llm-gateway/core";
import type { Request } from "express";
import supertest from "supertest";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { chat } from "../../core/test/adapter/set-up.ts";
import { greet } from "../../core/test/adapter/upstream.ts";
import type { ExpressOptions } from "../src/index.ts";
import { frameworks, path, setUp } from "./set-up.ts";

interface User {
  readonly name: string;
}

declare global {
  namespace Express {
    interface Request {
      user?: User;
    }
  }
}

describe.each(frameworks)("%s", (_version, framework) => {
  describe("who asks", () => {
    test("authenticate sees whom the host's own middleware found", async () => {
      const { app, middleware } = await setUp(framework, greet, {
        authenticate: ({ raw }) => (raw.user === undefined ? null : { id: raw.user.name }),
      });
      app.use((request, _, next) => {
        if (request.get("x-session") === "ada") request.user = { name: "ada" };
        next();
      });
      app.use("/llm", middleware);
      expect((await supertest(app).post(`/llm${path}`).set("x-session", "ada").send(chat)).status).toBe(200);
      const { status, body } = await supertest(app).post(`/llm${path}`).send(chat);
      expect(status).toBe(401);
      expect(body).toMatchObject({ error: { code: "invalid_api_key" } });
    });

    test("it sees the path below the mount path, and Express's request with its type", async () => {
      const seen: unknown[] = [];
      const { app, middleware } = await setUp(framework, greet, {
        authenticate: (request) => {
          expectTypeOf(request.raw).toEqualTypeOf<Request>();
          expectTypeOf(request.raw.user).toEqualTypeOf<User | undefined>();
          // @ts-expect-error Express's request has no such member.
          seen.push(request.path, request.raw.originalUrl, request.raw.originalURL);
          return { id: "ada" };
        },
      });
      app.use("/llm", middleware);
      await supertest(app).post(`/llm${path}?x=1`).send(chat);
      expect(seen).toEqual([path, `/llm${path}?x=1`, undefined]);
    });

    test("a stage finds what the host keeps for the request", async () => {
      const session = new AsyncLocalStorage<User>();
      const seen: (User | undefined)[] = [];
      const look = defineStage("look", (_, next) => {
        seen.push(session.getStore());
        return next();
      });
      const { app, middleware } = await setUp(framework, greet, { stages: (defaults) => [...defaults, look] });
      app.use((_request, _response, next) => session.run({ name: "ada" }, next), middleware);
      await supertest(app).post(path).send(chat);
      expect(seen).toEqual([{ name: "ada" }]);
    });

    test("a proxy the host trusts does not make its clients local", async () => {
      vi.stubEnv("LLM_GATEWAY_KEYS", "");
      // An option that is there but undefined was not given.
      const { app, middleware } = await setUp(framework, greet, {
        authenticate: undefined,
      } as unknown as ExpressOptions);
      vi.unstubAllEnvs();
      app.set("trust proxy", true).use(middleware);
      const asked = supertest(app).post(path).set("host", "localhost").send(chat);
      expect((await asked).status).toBe(200);
      expect((await supertest(app).post(path).set("x-forwarded-for", "127.0.0.1").send(chat)).status).toBe(401);
    });
  });
});
