import {
  Catch,
  HttpException,
  RequestTimeoutException,
  type ArgumentsHost,
  type ExceptionFilter,
  type NestInterceptor,
} from "@nestjs/common";
import type { Response } from "express";
import { map, Subject, takeUntil, tap, throwIfEmpty } from "rxjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { watchCrashes } from "../../core/src/testing/adapter/crashes.ts";
import { chat, streamedChat } from "../../core/src/testing/adapter/start-host.ts";
import { greetEither } from "../../core/src/testing/adapter/upstream.ts";
import { patienceMs, until, within } from "../../core/src/testing/adapter/within.ts";
import { chatStream } from "../../core/src/testing/wire.ts";
import { platforms } from "./platforms.ts";
import { setUpWithUpstream, type Setting } from "./set-up.ts";

const frames = chatStream("Hel", "lo");

const using =
  (interceptor: NestInterceptor, ...filters: ExceptionFilter[]): NonNullable<Setting["configure"]> =>
  (app) =>
    app.useGlobalInterceptors(interceptor).useGlobalFilters(...filters);

/** Gives up waiting when it is told to, as an interceptor with a time limit does. */
const impatient = (): { readonly interceptor: NestInterceptor; readonly giveUp: () => void } => {
  const late = new Subject<void>();
  return {
    interceptor: {
      intercept: (_, next) =>
        next.handle().pipe(
          takeUntil(late),
          throwIfEmpty(() => new RequestTimeoutException("Too slow.")),
        ),
    },
    giveUp: () => late.next(),
  };
};

@Catch(HttpException)
class OwnFilter implements ExceptionFilter {
  catch(error: HttpException, host: ArgumentsHost): void {
    // Fastify's reply has these methods as well.
    host.switchToHttp().getResponse<Response>().status(error.getStatus()).send(`own: ${error.message}`);
  }
}

describe.each(platforms)("%s", (_name, create) => {
  test("an interceptor that logs is told once, when the answer is over", async () => {
    const log: string[] = [];
    const logging: NestInterceptor = {
      intercept: (context, next) => {
        log.push(`${context.getClass().name}.${context.getHandler().name}`);
        return next.handle().pipe(tap(() => log.push("over")));
      },
    };
    const { ask, upstream } = await setUpWithUpstream(create, { configure: using(logging) });
    const asked = ask(streamedChat);
    const call = await upstream.next();
    call.send(...frames.slice(0, 2));
    const answer = await asked;
    await answer.read();
    expect(log).toEqual(["LlmGatewayController.ask"]);
    call.send(...frames.slice(2));
    call.response.end();
    await answer.text();
    await until(patienceMs, "the interceptor", () => log.length === 2);
    expect(log).toEqual(["LlmGatewayController.ask", "over"]);
  });

  test("an interceptor that wraps what controllers return leaves the gateway's answers alone", async () => {
    const wrap: NestInterceptor = { intercept: (_, next) => next.handle().pipe(map((data: unknown) => ({ data }))) };
    const { ask } = await setUpWithUpstream(create, { configure: using(wrap), respond: greetEither });
    const whole = await ask(chat);
    expect(JSON.parse(await whole.text())).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
    expect(whole.headers["content-type"]).toBe("application/json");
    const stream = await (await ask(streamedChat)).text();
    expect(stream).toMatch(/^(data: \{"id".*\n\n)+data: \[DONE\]\n\n$/);
    const models = await ask(undefined, { method: "GET", path: "/v1/models" });
    expect(JSON.parse(await models.text())).toMatchObject({ object: "list" });
  });

  test("headers that an interceptor adds are the answer's", async () => {
    const mark: NestInterceptor = {
      intercept: (context, next) => {
        // Fastify's reply has this method as well.
        context.switchToHttp().getResponse<Response>().header("x-own", "1").header("set-cookie", ["a=1", "b=2"]);
        return next.handle();
      },
    };
    const { ask } = await setUpWithUpstream(create, { configure: using(mark), respond: greetEither });
    for (const body of [chat, streamedChat]) {
      const { headers } = await ask(body);
      expect(headers).toMatchObject({ "x-own": "1", "set-cookie": ["a=1", "b=2"] });
    }
  });

  test("an interceptor that refuses is answered by Nest, and no provider is called", async () => {
    const refuse: NestInterceptor = {
      intercept: () => {
        throw new HttpException("Come back later.", 503);
      },
    };
    const { ask, upstream } = await setUpWithUpstream(create, { configure: using(refuse) });
    const answer = await ask(chat);
    expect(answer.status).toBe(503);
    expect(JSON.parse(await answer.text())).toMatchObject({ message: "Come back later." });
    expect(upstream.calls).toHaveLength(0);
  });

  describe.each([
    ["Nest's own filter", [], '"message":"Too slow."'],
    ["a filter of the application's", [new OwnFilter()], "own: Too slow."],
  ])("an interceptor that gives up, with %s", (_kind, filters, text) => {
    test.each([
      ["a whole answer", chat],
      ["a stream", streamedChat],
    ])("before %s: the filter answers, and the provider's call ends", async (_, body) => {
      const crashes = watchCrashes({ defer: onTestFinished });
      const { interceptor, giveUp } = impatient();
      const { ask, upstream } = await setUpWithUpstream(create, { configure: using(interceptor, ...filters) });
      const asked = ask(body);
      const call = await upstream.next();
      giveUp();
      const answer = await asked;
      expect(answer.status).toBe(408);
      expect(await answer.text()).toContain(text);
      await within(patienceMs, "the provider's connection to close", call.closed);
      expect(crashes).toEqual([]);
    });

    test("in the middle of a stream: it is broken off, and does not look complete", async () => {
      const crashes = watchCrashes({ defer: onTestFinished });
      const { interceptor, giveUp } = impatient();
      const { ask, upstream } = await setUpWithUpstream(create, { configure: using(interceptor, ...filters) });
      const asked = ask(streamedChat);
      const call = await upstream.next();
      call.send(...frames.slice(0, 2));
      const answer = await asked;
      await answer.read();
      giveUp();
      await expect(answer.text()).rejects.toMatchObject({ code: "ECONNRESET" });
      await within(patienceMs, "the provider's connection to close", call.closed);
      expect(crashes).toEqual([]);
    });
  });
});
