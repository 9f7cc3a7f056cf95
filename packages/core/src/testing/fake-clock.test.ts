import { describe, expect, it } from "vitest";
import { createFakeClock } from "./fake-clock.ts";

describe("createFakeClock", () => {
  it("stands still until it is advanced, by the wall as well", async () => {
    const clock = createFakeClock();
    const wall = clock.wall();
    expect(clock.now()).toBe(0);
    await clock.advance(250);
    expect(clock.now()).toBe(250);
    expect(clock.wall()).toBe(wall + 250);
  });

  it("fires timers in order of time, then of making, each at its own time", async () => {
    const clock = createFakeClock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
    clock.timer(20, note("late"));
    clock.timer(10, note("first"));
    clock.timer(10, note("second"));
    clock.timer(31, note("never"));
    await clock.advance(30);
    expect(fired).toEqual(["first@10", "second@10", "late@20"]);
    expect(clock.now()).toBe(30);
    expect(clock.pendingTimers()).toBe(1);
  });

  it("fires what a timer sets off within the same step", async () => {
    const clock = createFakeClock();
    const fired: number[] = [];
    const tick = (): void => {
      fired.push(clock.now());
      void Promise.resolve().then(() => clock.timer(10, tick));
    };
    clock.timer(10, tick);
    await clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
  });

  it("fires a timer of no or negative length only when it is advanced", async () => {
    const clock = createFakeClock();
    let fired = 0;
    clock.timer(0, () => fired++);
    clock.timer(-5, () => fired++);
    expect(fired).toBe(0);
    await clock.advance(0);
    expect(fired).toBe(2);
    expect(clock.now()).toBe(0);
  });

  it("forgets a cancelled timer", async () => {
    const clock = createFakeClock();
    let fired = false;
    clock.timer(5, () => (fired = true)).cancel();
    await clock.advance(10);
    expect(fired).toBe(false);
    expect(clock.pendingTimers()).toBe(0);
  });

  it("sleeps, and wakes with the signal's reason", async () => {
    const clock = createFakeClock();
    let slept = false;
    void clock.sleep(100).then(() => (slept = true));
    await clock.advance(99);
    expect(slept).toBe(false);
    await clock.advance(1);
    expect(slept).toBe(true);

    const abort = new AbortController();
    const sleeping = clock.sleep(100, abort.signal);
    abort.abort(new Error("client gone"));
    await expect(sleeping).rejects.toThrow("client gone");
    expect(clock.pendingTimers()).toBe(0);
  });
});
