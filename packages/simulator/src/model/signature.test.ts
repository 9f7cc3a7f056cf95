import { expect, test } from "vitest";
import { createSigner } from "./signature.ts";

const signer = createSigner("seed");

test("a signature holds for what was shown and for nothing else", () => {
  const signature = signer.sign("all thoughts", "shown");
  expect(signer.verify(signature, "shown")).toBe(true);
  expect(signer.verify(signature, "shown.")).toBe(false);
});

test("no character of a signature can be changed", () => {
  const signature = signer.sign("all thoughts", "shown");
  for (const [index, character] of signature.split("").entries()) {
    const altered = signature.slice(0, index) + (character === "A" ? "B" : "A") + signature.slice(index + 1);
    expect(signer.verify(altered, "shown")).toBe(false);
  }
  expect(signer.verify("", "shown")).toBe(false);
  expect(signer.verify("no base64!", "shown")).toBe(false);
});

test("another process with the same seed accepts it, another seed does not", () => {
  const signature = signer.sign("thoughts", "shown");
  expect(createSigner("seed").verify(signature, "shown")).toBe(true);
  expect(createSigner("other").verify(signature, "shown")).toBe(false);
});
