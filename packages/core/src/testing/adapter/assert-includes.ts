import assert from "node:assert/strict";

/** Fails, showing the text, where a part is not in it. */
export const assertIncludes = (text: string | undefined, part: string): void => {
  assert.ok(text?.includes(part) === true, `Expected ${JSON.stringify(part)} in ${JSON.stringify(text)}.`);
};
