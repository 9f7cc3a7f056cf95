import { expect, test } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { breakerDefaults, createBreaker, type Breaker } from "./breaker.ts";

const make = (random = 1) => {
  const clock = createFakeClock();
  return { clock, breaker: createBreaker(breakerDefaults, clock, () => random) };
};

const times = (count: number, act: () => void): void => {
  for (let index = 0; index < count; index++) act();
};

const openByFailures = (breaker: Breaker): void => times(20, () => breaker.failed("answer"));

test("stays closed below the smallest number of outcomes, however bad they are", () => {
  const { breaker } = make();
  times(19, () => breaker.failed("answer"));
  expect(breaker.state()).toBe("closed");
});

test("opens at half failures among twenty outcomes", () => {
  const { breaker } = make();
  times(10, breaker.succeeded);
  times(9, () => breaker.failed("answer"));
  expect(breaker.state()).toBe("closed");
  breaker.failed("answer");
  expect(breaker.state()).toBe("open");
  expect(breaker.tryAcquire()).toBe(false);
});

test("opens at once after five connection failures in a row", () => {
  const { breaker } = make();
  times(4, () => breaker.failed("connection"));
  breaker.succeeded();
  times(4, () => breaker.failed("connection"));
  expect(breaker.state()).toBe("closed");
  breaker.failed("connection");
  expect(breaker.state()).toBe("open");
});

test("forgets outcomes older than its window", async () => {
  const { clock, breaker } = make();
  times(19, () => breaker.failed("answer"));
  await clock.advance(33_001);
  breaker.failed("answer");
  expect(breaker.state()).toBe("closed");
});

test("lets one caller probe when its time is over, and the others wait", async () => {
  const { clock, breaker } = make();
  openByFailures(breaker);
  await clock.advance(5_000);
  expect(breaker.state()).toBe("half-open");
  expect([breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()]).toEqual([true, false, false]);
});

test("closes after three probes that succeed", async () => {
  const { clock, breaker } = make();
  openByFailures(breaker);
  await clock.advance(5_000);
  times(3, () => {
    expect(breaker.tryAcquire()).toBe(true);
    breaker.succeeded();
  });
  expect(breaker.state()).toBe("closed");
});

test("stays open twice as long after every failed probe, up to a minute", async () => {
  const { clock, breaker } = make();
  openByFailures(breaker);
  for (const openMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    await clock.advance(openMs - 1);
    expect(breaker.state()).toBe("open");
    await clock.advance(1);
    expect(breaker.tryAcquire()).toBe(true);
    breaker.failed("answer");
  }
});

test("stays open for at least half its time, however chance falls", async () => {
  const { clock, breaker } = make(0);
  openByFailures(breaker);
  await clock.advance(2_499);
  expect(breaker.state()).toBe("open");
  await clock.advance(1);
  expect(breaker.state()).toBe("half-open");
});

test("a probe whose outcome says nothing makes room for the next", async () => {
  const { clock, breaker } = make();
  openByFailures(breaker);
  await clock.advance(5_000);
  breaker.tryAcquire();
  breaker.neutral();
  expect(breaker.tryAcquire()).toBe(true);
});
