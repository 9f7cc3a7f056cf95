import type { Target } from "../../chat/target.ts";
import type { Price } from "../../providers/catalog.ts";

/** Orders targets so that each comes first as often as its share of all weights; a weight of 0 comes last. */
export const byWeight = (targets: readonly Target[], random: () => number): readonly Target[] =>
  targets
    // Exponential races: the smallest of -ln(u)/w wins with probability w / sum of all w.
    .map((target) => ({ target, time: -Math.log(1 - random()) / (target.weight ?? 1) }))
    .toSorted((a, b) => a.time - b.time)
    .map(({ target }) => target);

/** Cheapest first by input plus output price; targets of unknown price last, in their order. */
export const byPrice = (
  targets: readonly Target[],
  priceOf: (target: Target) => Price | undefined,
): readonly Target[] =>
  targets
    .map((target) => ({ target, price: priceOf(target) }))
    .map(({ target, price }) => ({ target, cost: price === undefined ? Infinity : price.input + price.output }))
    .toSorted((a, b) => (a.cost === b.cost ? 0 : a.cost - b.cost))
    .map(({ target }) => target);
