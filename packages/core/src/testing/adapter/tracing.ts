import assert from "node:assert/strict";
import type { Contract } from "./contract.ts";
import { startFakeTracing } from "./fake-tracing.ts";
import { chat, streamedChat } from "./start-host.ts";
import { greetEither } from "./upstream.ts";

const all = ["json", "raw", "text", "compression", "helmet", "cors", "uploads", "user"] as const;

export const testTracing = ({ has, describe, test }: Contract): void => {
  describe("the gateway's span is a child of the one that the host has opened for the request", () => {
    for (const before of [[], ...all.filter(has).map((feature) => [feature])]) {
      test(`behind ${before[0] ?? "nothing"}`, async ({ start, defer }) => {
        const { spans, instrument } = startFakeTracing({ defer });
        const { ask, server } = await start({ respond: greetEither, before });
        instrument(server);
        for (const body of [chat, streamedChat]) {
          const answer = await ask(body, { headers: { "x-user": "ada" } });
          await answer.text();
          const request = spans.findLast(({ name }) => name === "request");
          const ours = spans.findLast(({ name }) => name.startsWith("llm_gateway chat"));
          assert.ok(request !== undefined && ours !== undefined);
          assert.equal(ours.parentId, request.id);
          assert.equal(answer.headers["x-llm-gateway-trace-id"], request.traceId);
        }
      });
    }
  });
};
