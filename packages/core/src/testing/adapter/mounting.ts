import assert from "node:assert/strict";
import type { Contract } from "./contract.ts";
import { keepAlive } from "./keep-alive.ts";
import { chat, streamedChat } from "./start-host.ts";
import { greetEither } from "./upstream.ts";

const path = "/v1/chat/completions";

export const testMounting = ({ has, describe, test }: Contract): void => {
  describe("where it is mounted", () => {
    if (has("prefix")) {
      test("below a path: there and nowhere else, with a query and time and again", async ({ start, defer }) => {
        const seen: string[] = [];
        const { ask, upstream } = await start({
          prefix: "/llm",
          respond: greetEither,
          options: {
            authenticate: (request) => {
              seen.push(`${request.path} ${request.credential}`);
              return { id: "ada" };
            },
          },
        });
        const agent = keepAlive({ defer });
        for (const body of [chat, streamedChat]) {
          const answer = await ask(body, { agent, path: `/llm${path}?key=1` });
          assert.equal(answer.status, 200);
          await answer.text();
        }
        const model = await ask(undefined, { agent, method: "GET", path: "/llm/v1/models/house%2Fm" });
        assert.partialDeepStrictEqual(JSON.parse(await model.text()), { id: "house/m" });
        assert.deepEqual(seen, [`${path} 1`, `${path} 1`, "/v1/models/house%2Fm undefined"]);

        assert.notEqual((await ask(chat, { path })).status, 200);
        assert.notEqual((await ask(chat, { path: `/llm/llm${path}` })).status, 200);
        assert.equal(upstream.calls.length, 2);
      });
    }

    test("every kind of route, with each of its methods", async ({ start }) => {
      const { ask } = await start({ respond: greetEither });
      const statusOf = async (method: string, url: string, body?: object): Promise<number> =>
        (await ask(body, { method, path: url })).status;
      const created = await ask({ model: "house/m", input: "Hello" }, { path: "/v1/responses" });
      const { id } = JSON.parse(await created.text()) as { readonly id: string };
      assert.equal(await statusOf("GET", `/v1/responses/${id}`), 200);
      assert.equal(await statusOf("GET", `/v1/responses/${id}/input_items`), 200);
      assert.equal(await statusOf("DELETE", `/v1/responses/${id}`), 200);
      assert.equal(await statusOf("GET", `/v1/responses/${id}`), 404);
      assert.equal(await statusOf("POST", "/v1/completions", { model: "house/m", prompt: "Hello" }), 200);
      assert.equal(await statusOf("POST", "/v1/messages/count_tokens", chat), 200);
      const contents = [{ parts: [{ text: "Hello" }] }];
      assert.equal(await statusOf("POST", "/v1/models/house/m:generateContent", { contents }), 200);
      assert.equal(await statusOf("POST", "/v1beta/models/house/m:countTokens", { contents }), 200);
    });

    if (has("fall-through")) {
      for (const [method, url] of [
        ["GET", "/"],
        ["GET", path],
        ["PUT", path],
        ["OPTIONS", path],
        ["POST", "/v1/models"],
        ["GET", "/v1/models/"],
        ["GET", "/v1/files"],
        ["POST", "/own"],
      ] as const) {
        test(`${method} ${url} is the host's own`, async ({ start }) => {
          const { ask, upstream } = await start();
          const answer = await ask(method === "POST" ? chat : undefined, { method, path: url });
          assert.equal(answer.status, 418);
          assert.equal(await answer.text(), `${method} ${url}`);
          assert.equal(upstream.calls.length, 0);
        });
      }
    } else {
      for (const url of ["/", "/v1", "/v1/chat/completions/", "/V1/models", "/v1/models/"]) {
        test(`there is nothing at ${url}`, async ({ start }) => {
          const { ask } = await start();
          const answer = await ask(undefined, { method: "GET", path: url });
          assert.equal(answer.status, 404);
          assert.partialDeepStrictEqual(JSON.parse(await answer.text()), { error: { code: "route_not_found" } });
        });
      }

      for (const [method, url, allow] of [
        ["OPTIONS", path, "POST"],
        ["GET", path, "POST"],
        ["POST", "/v1/models", "GET, HEAD"],
      ] as const) {
        test(`${method} ${url} is told what is allowed there`, async ({ start }) => {
          const { ask } = await start();
          const answer = await ask(undefined, { method, path: url });
          assert.equal(answer.status, 405);
          assert.equal(answer.headers.allow, allow);
        });
      }
    }
  });
};
