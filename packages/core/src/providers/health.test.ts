import { expect, test } from "vitest";
import { createTarget } from "../chat/target.ts";
import { UpstreamError } from "../errors.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createHealth } from "./health.ts";

const target = createTarget("one", "a");
const sibling = createTarget("one", "b");

test("rests a target for as long as its provider asks after a rate limit", async () => {
  const clock = createFakeClock();
  const health = createHealth(clock, () => 0.5);
  health.failed(target, new UpstreamError("upstream_rate_limited", "Slow down.", { retryAfterMs: 3_000 }));
  expect(health.check(target)).toEqual({ reason: "cooling", retryAfterMs: 3_000 });
  expect(health.check(sibling)).toBeUndefined();
  await clock.advance(3_000);
  expect(health.check(target)).toBeUndefined();
});

test("never rests a target longer than the cap, whatever its provider asks", () => {
  const health = createHealth(createFakeClock(), () => 0.5, { maxCoolingMs: 1_000 });
  health.failed(target, new UpstreamError("upstream_rate_limited", "Slow down.", { retryAfterMs: 3_600_000 }));
  expect(health.check(target)?.retryAfterMs).toBe(1_000);
});

test("rests all models of a provider whose credential was refused", async () => {
  const clock = createFakeClock();
  const health = createHealth(clock, () => 0.5);
  health.failed(target, new UpstreamError("upstream_auth_failed", "Who are you?"));
  expect(health.check(sibling)).toEqual({ reason: "quarantined", retryAfterMs: 600_000 });
  await clock.advance(600_000);
  expect(health.check(sibling)).toBeUndefined();
});

test("holds nothing against a target for requests that were refused", () => {
  const health = createHealth(createFakeClock(), () => 0.5, { breaker: { minimumOutcomes: 1 } });
  health.failed(target, new UpstreamError("upstream_invalid_request", "What?"));
  expect(health.check(target)).toBeUndefined();
});

test("forgets the least used targets beyond its bound", () => {
  const health = createHealth(createFakeClock(), () => 0.5, { maxTargets: 10 });
  for (let index = 0; index < 100; index++) health.succeeded(createTarget("one", `model-${index}`));
  expect(health.list()).toHaveLength(10);
});
