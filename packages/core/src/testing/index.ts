export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { createFakeTransport, type FakeAnswer, type FakeTransport } from "./fake-transport.ts";
export { testContext, testRequest, type TestContextOverrides } from "./test-context.ts";
export { testCacheStore } from "../stages/cache/store-contract.ts";
