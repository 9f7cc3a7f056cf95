import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import {
  defineStage,
  GatewayError,
  mapBatches,
  type GatewayOptions,
  type Logger,
  type Principal,
  type Stage,
  type Target,
} from "../../index.ts";
import { chatStream } from "../wire.ts";
import type { Client } from "./client.ts";
import type { Contract } from "./contract.ts";
import { chat, streamedChat, type StartedHost } from "./start-host.ts";
import { greetEither, type UpstreamCall } from "./upstream.ts";
import { patienceMs, within } from "./within.ts";

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

/** The statuses of a whole and a streamed answer; the last one is whether the gateway still stands. */
const statusesOf = async ({ ask }: Client): Promise<readonly number[]> => {
  const statuses: number[] = [];
  for (const body of [chat, streamedChat]) {
    const answer = await ask(body);
    const text = await answer.text().catch(() => "broken");
    assert.equal(text.includes("secret"), false);
    statuses.push(answer.status);
  }
  const health = await ask(undefined, { method: "GET", path: "/v1/health" });
  // What went wrong unseen would be known by now.
  await new Promise((resolve) => void setTimeout(resolve, 5));
  return [...statuses, health.status];
};

/** Has the host do something to each response before the gateway sees it. */
const meddle = ({ server }: StartedHost, how: (response: ServerResponse) => void): void => {
  server.prependListener("request", (_, response: ServerResponse) => how(response));
};

const begin = (call: UpstreamCall): void => call.send(...chatStream("Hello").slice(0, 2));

export const testHostile = ({ has, describe, test }: Contract): void => {
  describe("nothing the host plugs in can crash it", () => {
    for (const [what, options, expected] of [
      ["an authenticate that throws", { authenticate: fail }, [503, 503, 503]],
      ["an authenticate that rejects", { authenticate: reject }, [503, 503, 503]],
      ["an authenticate that throws what can not be looked at", { authenticate: failOpaquely }, [500, 500, 500]],
      ["a principal that can not be looked at", { authenticate: () => revoked() as Principal }, [503, 503, 503]],
      ["a principal whose tenant throws", { authenticate: () => trap("tenant") }, [503, 503, 503]],
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
    ] as const satisfies readonly (readonly [string, GatewayOptions, readonly number[]])[]) {
      test(what, async ({ start }) => {
        assert.deepEqual(await statusesOf(await start({ respond: greetEither, options })), expected);
      });
    }
  });

  if (!has("node")) return;

  describe("a host that meddles with the response ends in a clean abort", () => {
    for (const [what, how] of [
      ["writeHead", (response) => (response.writeHead = fail)],
      ["write and end", (response) => (response.write = response.end = fail)],
      ["flush", (response) => Object.assign(response, { flush: fail })],
    ] as const satisfies readonly (readonly [string, (response: ServerResponse) => unknown])[]) {
      test(`one whose ${what} throws`, async ({ start }) => {
        const host = await start({ respond: begin });
        meddle(host, how);
        const reading = host.ask(streamedChat).then((answer) => answer.text());
        await assert.rejects(reading, { code: "ECONNRESET" });
        const call = await host.upstream.next();
        await within(patienceMs, "the provider's connection to close", call.closed);
      });
    }

    test("one that has answered by itself", async ({ start }) => {
      const host = await start({ respond: greetEither });
      meddle(host, (response) => response.writeHead(418).end("mine"));
      const answer = await host.ask(streamedChat);
      assert.equal(answer.status, 418);
      assert.equal(await answer.text(), "mine");
    });

    test("one that has begun an answer by itself", async ({ start }) => {
      const host = await start({ respond: begin });
      let theirs: ServerResponse | undefined;
      meddle(host, (response) => {
        theirs = response;
        response.writeHead(200).write("mine ");
      });
      const answer = await host.ask(streamedChat);
      const call = await host.upstream.next();
      assert.equal(await answer.read(), "mine ");
      theirs?.end("alone");
      await within(patienceMs, "the provider's connection to close", call.closed);
      assert.equal(await answer.text(), "alone");
    });

    test("one that ends the answer while it runs", async ({ start }) => {
      const host = await start({ respond: begin });
      let theirs: ServerResponse | undefined;
      meddle(host, (response) => (theirs = response));
      const answer = await host.ask(streamedChat);
      const call = await host.upstream.next();
      await answer.read();
      theirs?.end();
      await within(patienceMs, "the provider's connection to close", call.closed);
      assert.equal(await answer.read(), undefined);
    });
  });
};
