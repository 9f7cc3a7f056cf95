import fc from "fast-check";
import { expect, test } from "vitest";
import { createBag, type BagEntry } from "./bag.ts";

test("holds what was added and not removed, whatever the order", () => {
  const steps = fc.array(fc.oneof(fc.constant("add" as const), fc.nat()), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (sequence) => {
      const bag = createBag<number>();
      const entries: BagEntry<number>[] = [];
      const expected = new Set<number>();
      for (const step of sequence) {
        if (step === "add") {
          expected.add(entries.length);
          entries.push(bag.add(entries.length));
        } else if (entries.length > 0) {
          const entry = entries[step % entries.length] as BagEntry<number>;
          expected.delete(entry.item);
          bag.remove(entry);
        }
        expect(bag.size()).toBe(expected.size);
      }
      expect(new Set(bag.items())).toEqual(expected);
    }),
  );
});
