export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { createFakeTransport, type FakeAnswer, type FakeTransport } from "./fake-transport.ts";
export { testContext, testRequest, type TestContextOverrides } from "./test-context.ts";
export { testAdapter } from "./adapter/test-adapter.ts";
export type { AdapterHost, HostFeature, HostSetting, RunningHost } from "./adapter/host.ts";
export { testCacheStore } from "./test-cache-store.ts";
export { testResponseStore } from "./test-response-store.ts";
export type { ContractTools } from "./contract-tools.ts";
