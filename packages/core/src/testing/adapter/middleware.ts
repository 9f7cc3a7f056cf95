import assert from "node:assert/strict";
import { createFakeClock } from "../fake-clock.ts";
import { chatAnswer, chatStream } from "../wire.ts";
import type { Answer, AskOptions } from "./client.ts";
import type { Contract, TestTools } from "./contract.ts";
import type { HostFeature } from "./host.ts";
import { chat, streamedChat } from "./start-host.ts";
import type { UpstreamCall } from "./upstream.ts";

const headers = { "accept-encoding": "gzip", origin: "https://app.example" };

/** Long enough to be worth packing. */
const long = "0123456789".repeat(1_000);

const answerAtLength = (call: UpstreamCall): void => {
  if (call.body.stream !== true) return call.answer(chatAnswer(long));
  call.send(...chatStream(long));
  call.response.end();
};

/** One request of each kind. */
const requests: readonly (readonly [object | undefined, AskOptions])[] = [
  [chat, {}],
  [streamedChat, {}],
  [{ ...streamedChat, max_tokens: 9 }, { path: "/v1/messages" }],
  [{ ...chat, model: "nobody/m" }, {}],
  [undefined, { method: "GET", path: "/v1/models" }],
  [undefined, { method: "HEAD", path: "/v1/models" }],
];

/** What the gateway says of an answer; how it is packed for the way is the host's own matter. */
const isOurs = (name: string): boolean =>
  name.startsWith("x-llm-gateway-") ||
  ["content-type", "cache-control", "x-accel-buffering", "x-request-id", "x-should-retry"].includes(name);

const ourShare = async (answer: Answer): Promise<object> => ({
  status: answer.status,
  headers: Object.fromEntries(Object.entries(answer.headers).filter(([name]) => isOurs(name))),
  text: await answer.text(),
});

/** All answers of a host with this middleware in front of the gateway. */
const answersOf = async ({ start }: TestTools, before: readonly HostFeature[]): Promise<readonly Answer[]> => {
  // Time stands still, so that nothing in two hosts' answers differs by it.
  const { ask } = await start({ respond: answerAtLength, before, options: { clock: createFakeClock() } });
  const answers: Answer[] = [];
  for (const [body, options] of requests) answers.push(await ask(body, { ...options, headers }));
  return answers;
};

const all = ["helmet", "cors", "compression", "uploads", "json"] as const;

export const testMiddleware = ({ has, describe, test }: Contract): void => {
  const present = all.filter(has);
  if (present.length === 0) return;
  const combinations = [...present.map((feature) => [feature]), ...(present.length > 1 ? [present] : [])];

  describe("customary middleware in front changes nothing in what the gateway answers", () => {
    for (const before of combinations) {
      test(before.join(", "), async (tools) => {
        const bare = await Promise.all((await answersOf(tools, [])).map(ourShare));
        const behind = await Promise.all((await answersOf(tools, before)).map(ourShare));
        assert.deepEqual(behind, bare);
      });
    }

    for (const [feature, name, value] of [
      ["cors", "access-control-allow-origin", /^(\*|https:\/\/app\.example)$/],
      ["helmet", "x-content-type-options", /^nosniff$/],
    ] as const) {
      if (!has(feature)) continue;
      test(`the headers of ${feature} are on every answer, streamed ones included`, async (tools) => {
        for (const answer of await answersOf(tools, [feature])) {
          assert.match(String(answer.headers[name]), value);
          await answer.text();
        }
      });
    }

    if (has("cors")) {
      test("a browser that asks beforehand is answered by the host's cors", async ({ start }) => {
        const { ask } = await start({ before: ["cors"] });
        const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
        const answer = await ask(undefined, { method: "OPTIONS", headers: { ...headers, ...preflight } });
        assert.equal(answer.status, 204);
        assert.match(String(answer.headers["access-control-allow-methods"]), /POST/);
      });
    }
  });
};
