import { expect, test } from "vitest";
import { faultOfModel, readFaultName } from "./fault-name.ts";

test("reads a name with a number of times and options in either order", () => {
  expect(readFaultName("503")).toEqual({ name: "503", options: {}, times: Infinity });
  expect(readFaultName("503*2")).toMatchObject({ name: "503", times: 2 });
  expect(readFaultName("429?retry-after=2&retry-after-ms=90")).toMatchObject({
    options: { retryAfter: "2", retryAfterMs: "90" },
  });
  expect(readFaultName("429?retry-after=2*3")).toEqual(readFaultName("429*3?retry-after=2"));
});

test("refuses what it does not understand, naming it", () => {
  expect(() => readFaultName("no such")).toThrow(/"no such" is not the name of a fault/u);
  expect(() => readFaultName("429?retry=2")).toThrow(/unknown fault option `retry`/u);
  expect(() => readFaultName("slow-headers?ms=soon")).toThrow(/`ms` must be a whole number/u);
});

test("only model names that begin with fault: ask for one", () => {
  expect(faultOfModel("fault:503*2")).toBe("503*2");
  expect(faultOfModel("gpt-4o")).toBeUndefined();
});
