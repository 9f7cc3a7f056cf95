import { describe, expect, test } from "vitest";
import { answers } from "./answers.ts";
import { elsewhere, exceptional } from "./exceptions.ts";
import { allRecordings, present } from "./fixtures.ts";
import { countDialects } from "./read-count.ts";
import { embeddingDialects } from "./read-embeddings.ts";
import { answerDialects } from "./read-recording.ts";

describe.skipIf(!present)("recordings (skipped where they are absent)", () => {
  test("are there", () => {
    expect(allRecordings.length).toBeGreaterThan(600);
    expect(answers.length).toBeGreaterThan(550);
  });

  test("are answers that clients are told, or there is a reason why not", () => {
    const dialects = new Set(allRecordings.map(({ dialect }) => dialect));
    const read = new Set([...answerDialects, ...embeddingDialects, ...countDialects]);
    const others = [...dialects].filter((dialect) => !read.has(dialect));
    expect(others.toSorted()).toEqual(Object.keys(elsewhere).toSorted());
  });

  test("are all there that exceptions are made for", () => {
    const dirs = new Set(answers.map(({ dir }) => dir));
    expect(exceptional.filter((dir) => !dirs.has(dir))).toEqual([]);
  });
});
