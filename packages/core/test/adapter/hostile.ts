import type { RequestListener, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import {
  defineStage,
  GatewayError,
  mapBatches,
  type GatewayOptions,
  type Logger,
  type Principal,
  type Stage,
  type Target,
} from "../../src/index.ts";
import { chatAnswer, chatStream } from "../wire.ts";
import { ask, type Answer } from "./client.ts";
import { watchCrashes } from "./crashes.ts";
import { chat, startHost, streamedChat, type Mount } from "./set-up.ts";
import type { UpstreamCall } from "./upstream.ts";
import { within } from "./within.ts";

const fail = (): never => {
  throw new Error("secret");
};
const reject = (): Promise<never> => Promise.reject(new Error("secret"));
// An async function fits wherever nothing is expected back.
const rejectUnseen = reject as () => void;
const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const failOpaquely = (): never => {
  throw revoked();
};
const trap = (name: string): Principal => Object.defineProperty({ id: "ada" }, name, { enumerable: true, get: fail });

const outermost = (run: Stage["run"]): GatewayOptions => ({
  stages: (defaults) => [defineStage("hostile", run), ...defaults],
});
// What JavaScript lets a host do where TypeScript would not.
const returnNothing = (() => undefined) as unknown as Stage["run"];
const failLater: Stage["run"] = async (_, next) => mapBatches(await next(), fail);
const failOddly = (): never => {
  throw new GatewayError("content_filter", "No.", { status: 7 });
};
const forgetName: Stage["run"] = async (_, next) => ({ ...(await next()), target: {} as Target });
const failMeanwhile: Stage["run"] = async (_, next) => {
  void next();
  return await reject();
};
const loggerOf = (log: () => void): Logger => ({ debug: log, info: log, warn: log, error: log });

const answerBoth = (call: UpstreamCall): void => {
  if (call.body.stream !== true) return call.answer(chatAnswer("Hello"));
  call.send(...chatStream("Hello"));
  call.response.end();
};

/** What a whole and a streamed request are answered; the last one asks whether the gateway still stands. */
const askAll = async (origin: string): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  for (const body of [chat, streamedChat]) {
    const answer = await within(1_000, "an answer", ask(origin, body));
    const text = await within(
      1_000,
      "its end",
      answer.text().catch(() => "broken"),
    );
    expect(text).not.toContain("secret");
    answers.push(answer);
  }
  const health = await ask(origin, undefined, { method: "GET", path: "/v1/health" });
  answers.push(health);
  await new Promise((resolve) => void setTimeout(resolve, 5));
  return answers;
};

const statuses = (answers: readonly Answer[]): readonly number[] => answers.map(({ status }) => status);

export const testHostile = (mount: Mount): void => {
  describe("nothing the host plugs in can crash it", () => {
    test.each<[string, GatewayOptions, readonly number[]]>([
      ["an authenticate that throws", { authenticate: fail }, [503, 503, 503]],
      ["an authenticate that rejects", { authenticate: reject }, [503, 503, 503]],
      ["an authenticate that throws what can not be looked at", { authenticate: failOpaquely }, [500, 500, 500]],
      ["a principal that can not be looked at", { authenticate: () => revoked() as Principal }, [503, 503, 503]],
      ["a principal whose tenant throws", { authenticate: () => trap("tenant") }, [500, 500, 200]],
      ["a stage that throws", outermost(fail), [500, 500, 200]],
      ["a stage that rejects", outermost(reject), [500, 500, 200]],
      ["a stage that throws what can not be looked at", outermost(failOpaquely), [500, 500, 200]],
      ["a stage whose error has a status that can not be", outermost(failOddly), [500, 500, 200]],
      ["a stage that returns nothing", outermost(returnNothing), [500, 500, 200]],
      ["a stage that throws when the answer has begun", outermost(failLater), [500, 200, 200]],
      ["a stage that fails while its answer is on the way", outermost(failMeanwhile), [500, 500, 200]],
      ["a stage whose target has no name", outermost(forgetName), [500, 500, 200]],
      ["a logger that throws", { ...outermost(fail), logger: loggerOf(fail) }, [500, 500, 200]],
      ["a logger that rejects", { ...outermost(fail), logger: loggerOf(rejectUnseen) }, [500, 500, 200]],
      ["a logger that throws while all goes well", { logger: loggerOf(fail) }, [200, 200, 200]],
      ["a ledger that throws", { stores: { ledger: { record: fail } } }, [200, 200, 200]],
      ["a ledger that rejects", { stores: { ledger: { record: rejectUnseen } } }, [200, 200, 200]],
    ])("%s", async (_, options, expected) => {
      const crashes = watchCrashes();
      const { origin } = await startHost(mount, answerBoth, options);
      expect(statuses(await askAll(origin))).toEqual(expected);
      expect(crashes).toEqual([]);
    });
  });

  describe("a host that meddles with the response ends in a clean abort", () => {
    const meddling =
      (meddle: (response: ServerResponse) => void): Mount =>
      (gateway): RequestListener => {
        const listener = mount(gateway);
        return (request, response) => {
          if (request.method === "POST") meddle(response);
          listener(request, response);
        };
      };

    test.each<[string, (response: ServerResponse) => void]>([
      ["writeHead", (response) => (response.writeHead = fail)],
      ["write and end", (response) => (response.write = response.end = fail)],
      ["flush", (response) => void Object.assign(response, { flush: fail })],
    ])("one whose %s throws", async (_, meddle) => {
      const crashes = watchCrashes();
      const { origin, upstream } = await startHost(meddling(meddle), (call) =>
        call.send(...chatStream("Hello").slice(0, 2)),
      );
      const text = within(
        1_000,
        "the end",
        ask(origin, streamedChat).then((answer) => answer.text()),
      );
      await expect(text).rejects.toMatchObject({ code: "ECONNRESET" });
      const call = await upstream.next();
      await within(150, "the provider's connection to close", call.closed);
      expect(crashes).toEqual([]);
    });

    test("one that has answered by itself", async () => {
      const crashes = watchCrashes();
      const own = meddling((response) => void response.writeHead(418).end("mine"));
      const { origin } = await startHost(own, answerBoth);
      const answer = await ask(origin, streamedChat);
      expect(answer.status).toBe(418);
      expect(await answer.text()).toBe("mine");
      expect(crashes).toEqual([]);
    });

    test("one that has begun an answer by itself", async () => {
      const crashes = watchCrashes();
      let theirs: ServerResponse | undefined;
      const own = meddling((response) => {
        theirs = response;
        response.writeHead(200);
        response.write("mine ");
      });
      const { origin, upstream } = await startHost(own);
      const answer = await ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(...chatStream("Hello").slice(0, 2));
      expect(await answer.read()).toBe("mine ");
      theirs?.end("alone");
      await within(150, "the provider's connection to close", call.closed);
      expect(await answer.text()).toBe("alone");
      expect(crashes).toEqual([]);
    });

    test("one that ends the answer while it runs", async () => {
      const crashes = watchCrashes();
      let theirs: ServerResponse | undefined;
      const { origin, upstream } = await startHost(meddling((response) => (theirs = response)));
      const asked = ask(origin, streamedChat);
      const call = await upstream.next();
      call.send(...chatStream("Hello").slice(0, 2));
      const answer = await asked;
      await answer.read();
      theirs?.end();
      await within(150, "the provider's connection to close", call.closed);
      expect(await answer.read()).toBeUndefined();
      expect(crashes).toEqual([]);
    });
  });
};
