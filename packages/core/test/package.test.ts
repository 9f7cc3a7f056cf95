import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as core from "../src/index.ts";
import * as node from "../src/http/node.ts";
import * as testing from "../src/testing/index.ts";
import { version } from "../src/version.ts";

test("the version told to providers is the package's own", () => {
  const { version: published } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  expect(version).toBe(published);
});

test("the public names are these and no others", () => {
  expect(Object.keys(core).toSorted()).toMatchInlineSnapshot(`
    [
      "GatewayError",
      "UpstreamError",
      "allowAnyone",
      "allowPatterns",
      "anthropic",
      "attemptsKey",
      "azureOpenai",
      "bedrock",
      "cache",
      "cacheControlKey",
      "cacheResultKey",
      "cohere",
      "collect",
      "createContextKey",
      "createGateway",
      "createReply",
      "createTarget",
      "defaultStages",
      "defineProvider",
      "defineStage",
      "denyPatterns",
      "dryRunKey",
      "events",
      "gemini",
      "guardrail",
      "guardrailFindingsKey",
      "insertAfter",
      "insertBefore",
      "isGateway",
      "mapBatches",
      "mapEvents",
      "memoryCacheStore",
      "memoryLedger",
      "memoryResponseStore",
      "meter",
      "normalize",
      "ollama",
      "openai",
      "openaiCompatible",
      "pii",
      "promptCache",
      "provider",
      "providersFromEnv",
      "replyOf",
      "retry",
      "route",
      "spentKey",
      "systemClock",
      "tap",
      "translateStream",
      "vertex",
    ]
  `);
  expect(Object.keys(node).toSorted()).toMatchInlineSnapshot(`
    [
      "NodeIncoming",
      "NodeOutgoing",
      "handleNode",
      "hideBodies",
      "ownPathOf",
      "routePaths",
      "showBody",
      "toNodeHandler",
    ]
  `);
  expect(Object.keys(testing).toSorted()).toMatchInlineSnapshot(`
    [
      "createFakeClock",
      "createFakeTransport",
      "testAdapter",
      "testCacheStore",
      "testContext",
      "testRequest",
      "testResponseStore",
    ]
  `);
});
