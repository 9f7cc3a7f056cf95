import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setTimer } from "./timer-queue.ts";

describe("setTimer", () => {
  let fired: string[] = [];
  const set = (ms: number, name: string) => setTimer(ms, () => void fired.push(name));

  beforeEach(() => {
    fired = [];
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.runAllTimers();
    vi.useRealTimers();
  });

  it("fires timers when they are due, whatever they wait", () => {
    set(30, "30");
    set(10, "10");
    vi.advanceTimersByTime(5);
    set(10, "10 later");
    set(0, "at once");
    vi.advanceTimersByTime(4);
    expect(fired).toEqual(["at once"]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(["at once", "10"]);
    vi.advanceTimersByTime(5);
    expect(fired).toEqual(["at once", "10", "10 later"]);
    vi.advanceTimersByTime(15);
    expect(fired.at(-1)).toBe("30");
  });

  it("fires none that was cancelled: the first, one between, the last, or all", () => {
    const [first, , between, , last] = ["a", "b", "c", "d", "e"].map((name) => set(10, name));
    for (const timer of [first, between, last, first]) timer?.cancel();
    set(10, "f").cancel();
    vi.advanceTimersByTime(10);
    expect(fired).toEqual(["b", "d"]);
  });

  it("goes on with timers set after all others were cancelled, each at its own time", () => {
    set(10, "a").cancel();
    vi.advanceTimersByTime(6);
    set(10, "b");
    vi.advanceTimersByTime(9);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(["b"]);
    set(10, "c");
    vi.advanceTimersByTime(10);
    expect(fired).toEqual(["b", "c"]);
  });

  it("lets a callback set and cancel timers of the same length", () => {
    setTimer(10, () => {
      fired.push("a");
      second.cancel();
      set(10, "c");
    });
    const second = set(10, "b");
    vi.advanceTimersByTime(10);
    expect(fired).toEqual(["a"]);
    vi.advanceTimersByTime(10);
    expect(fired).toEqual(["a", "c"]);
  });

  it("fires the others where one throws", () => {
    setTimer(10, () => {
      throw new Error("broken");
    });
    set(10, "b");
    expect(() => vi.advanceTimersByTime(10)).toThrow("broken");
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(["b"]);
  });

  it("leaves nothing behind for Node once all is over", () => {
    for (let ms = 1; ms <= 50; ms++) set(ms, `${ms}`);
    set(60, "cancelled").cancel();
    vi.advanceTimersByTime(100);
    expect(fired).toHaveLength(50);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets long timers that end together fire together, none too soon", () => {
    set(123_450, "one");
    set(123_410, "other");
    vi.advanceTimersByTime(123_450);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(50);
    expect(fired).toEqual(["one", "other"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for as long as Node can, where it is asked to wait longer", () => {
    set(2 ** 40, "far");
    vi.advanceTimersByTime(1_000);
    expect(fired).toEqual([]);
  });
});
