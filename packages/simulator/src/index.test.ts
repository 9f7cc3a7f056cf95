import { expect, test } from "vitest";
import * as names from "./index.ts";

test("the public names are these", () => {
  expect(Object.keys(names)).toEqual(["startSimulator"]);
});
