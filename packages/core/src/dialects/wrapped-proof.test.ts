import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWrapped, unwrapProof, wrapProof } from "./wrapped-proof.ts";

describe("a wrapped proof", () => {
  const signature = fc.record({ format: fc.string(), value: fc.string({ unit: "binary" }) });

  it("comes back as it was, and is base64", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("signature" as const, "encrypted" as const, "text" as const),
        signature,
        (kind, of) => {
          const text = wrapProof({ kind, signature: of });
          expect(isWrapped(text)).toBe(true);
          expect(text).toMatch(/^[A-Za-z0-9+/]+=*$/);
          expect(unwrapProof(text)).toEqual({ kind, signature: of });
        },
      ),
    );
    const call = { kind: "call", signature: { format: "f", value: "v" }, call: "c1" } as const;
    expect(unwrapProof(wrapProof(call))).toEqual(call);
  });

  it("is nobody's own signature", () => {
    for (const text of ["", "EqQBCkYIChgC", undefined, 7, Buffer.from("llm-gatewayx:").toString("base64")]) {
      expect(isWrapped(text)).toBe(false);
    }
  });

  it("proves nothing where it was tampered with", () => {
    const of = (content: unknown): string => Buffer.from(`llm-gateway:${JSON.stringify(content)}`).toString("base64");
    for (const content of [
      {},
      [],
      ["other", "f", "v"],
      ["signature", 1, "v"],
      ["signature", "f"],
      ["call", "f", "v"],
    ]) {
      expect(unwrapProof(of(content))).toBeUndefined();
    }
    const cut = wrapProof({ kind: "text", signature: { format: "f", value: "v" } }).slice(0, 24);
    expect(unwrapProof(cut)).toBeUndefined();
  });
});
