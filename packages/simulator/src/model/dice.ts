import { createHash } from "node:crypto";

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Draws that are the same for the same label, in this process and in any other. */
export interface Dice {
  /** A whole number from 0 up to, but without, `limit`. */
  readonly below: (limit: number) => number;
  /** One item of a list that is not empty. */
  readonly pick: <Item>(items: readonly [Item, ...Item[]]) => Item;
  /** Letters and digits, as provider ids have them. */
  readonly letters: (length: number) => string;
}

/** Makes the dice of one label; SHA-256 spreads the label, then a small counter-based generator draws. */
export const createDice = (label: string): Dice => {
  const digest = createHash("sha256").update(label).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = 1;

  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };

  const below = (limit: number): number => next() % Math.max(1, limit);
  return {
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    letters: (length) => Array.from({ length }, () => alphanumeric[below(alphanumeric.length)]).join(""),
  };
};
