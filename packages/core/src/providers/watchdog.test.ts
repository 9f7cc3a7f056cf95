import { expect, test } from "vitest";
import type { UpstreamError } from "../errors.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { timeoutDefaults, Watchdog } from "./watchdog.ts";

const watch = (stream: boolean) => {
  const clock = createFakeClock();
  const expired: UpstreamError[] = [];
  const watchdog = new Watchdog(clock, timeoutDefaults, stream, "house", (error) => expired.push(error));
  return { clock, watchdog, codes: () => expired.map(({ code }) => code) };
};

test("a stream must bring its first content within a minute", async () => {
  const { clock, codes } = watch(true);
  await clock.advance(59_999);
  expect(codes()).toEqual([]);
  await clock.advance(3);
  expect(codes()).toEqual(["upstream_timeout"]);
});

test("keep-alives are not content", async () => {
  const { clock, watchdog, codes } = watch(true);
  for (let second = 0; second < 70; second++) {
    watchdog.waiting();
    await clock.advance(1_000);
    watchdog.received();
  }
  expect(codes()).toEqual(["upstream_timeout"]);
});

test("silence after content is a broken stream", async () => {
  const { clock, watchdog, codes } = watch(true);
  watchdog.content();
  watchdog.waiting();
  await clock.advance(30_002);
  expect(codes()).toEqual(["upstream_stream_timeout"]);
});

test("a provider nobody asks for more is not silent", async () => {
  const { clock, watchdog, codes } = watch(true);
  watchdog.content();
  watchdog.waiting();
  await clock.advance(10_000);
  watchdog.received();
  await clock.advance(120_000);
  expect(codes()).toEqual([]);
});

test("a whole answer may take five minutes and no longer", async () => {
  const { clock, codes } = watch(false);
  await clock.advance(299_999);
  expect(codes()).toEqual([]);
  await clock.advance(3);
  expect(codes()).toEqual(["upstream_timeout"]);
});

test("an answer that arrives while the loop was late still counts", async () => {
  const { clock, watchdog, codes } = watch(true);
  watchdog.content();
  watchdog.waiting();
  await clock.advance(30_000);
  watchdog.received();
  watchdog.waiting();
  await clock.advance(100);
  expect(codes()).toEqual([]);
});

test("leaves no timer behind when it is stopped", () => {
  const { clock, watchdog } = watch(true);
  watchdog.stop();
  expect(clock.pendingTimers()).toBe(0);
});

test("keep-alives do not make up for content that stays away", async () => {
  const { clock, watchdog, codes } = watch(true);
  watchdog.content();
  for (let second = 0; second < 61; second++) {
    watchdog.waiting();
    await clock.advance(1_000);
    watchdog.received();
  }
  expect(codes()).toEqual(["upstream_stream_timeout"]);
});
