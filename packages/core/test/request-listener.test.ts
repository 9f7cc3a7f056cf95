import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { testAdapter } from "../src/testing/index.ts";
import { requestListener } from "./hosts/request-listener.ts";

// Its Node server tells the console of every answer that did not come to its end.
beforeAll(() => {
  vi.spyOn(console, "error").mockReturnValue();
});
afterAll(() => {
  vi.restoreAllMocks();
});

testAdapter(requestListener, { describe, it });
