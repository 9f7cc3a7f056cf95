import { describe, expect, it } from "vitest";
import { createContextKey } from "../pipeline/context.ts";
import { createFakeClock } from "./fake-clock.ts";
import { testContext, testRequest } from "./test-context.ts";

describe("testContext", () => {
  it("needs nothing, and takes any field of a context", () => {
    const clock = createFakeClock();
    const request = testRequest({ model: "other" });
    const target = { id: "house/m", provider: "house", model: "m" };
    const context = testContext({ clock, request, targets: [target], target, attempt: 2 });
    expect(context).toMatchObject({ clock, request, targets: [target], target, attempt: 2, id: "request-1" });
    expect(testContext()).toMatchObject({ targets: [], attempt: 1, deadline: 600_000 });
    expect(testContext().span.isRecording()).toBe(false);
  });

  it("starts with the values it is given and keeps those that are set", () => {
    const tenant = createContextKey<string>("tenant");
    const context = testContext({ values: new Map([[tenant, "acme"]]) });
    expect(context.get(tenant)).toBe("acme");
    context.set(tenant, "globex");
    expect(context.get(tenant)).toBe("globex");
  });
});
