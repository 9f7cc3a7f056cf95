import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { testAdapter } from "../src/testing/index.ts";
import { hono } from "./hosts/hono.ts";

// Its Node server tells the console of every answer that did not come to its end.
beforeAll(() => {
  vi.spyOn(console, "error").mockReturnValue();
});
afterAll(() => {
  vi.restoreAllMocks();
});

testAdapter(hono, { describe, it });
