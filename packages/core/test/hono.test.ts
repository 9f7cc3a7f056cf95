import { afterAll, beforeAll, describe, it, vi } from "vitest";
import { testAdapter } from "../src/testing/index.ts";
import { hono } from "./hosts/hono.ts";

beforeAll(() => {
  // Its Node server tells the console of every answer that did not come to its end.
  vi.spyOn(console, "error").mockReturnValue();
  // It puts classes of its own in the place of these, which is taken back with the stubs.
  vi.stubGlobal("Request", Request);
  vi.stubGlobal("Response", Response);
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

testAdapter(hono, { describe, it });
