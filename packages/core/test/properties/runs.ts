import type { Parameters } from "fast-check";

// `npm run test:properties` takes the minutes that many runs take, and asks for others each time.
const isEverywhere = process.env["MODE"] === "everywhere";

/** How often a property is tried: so often, and always the same, or a hundred times as often with `test:properties`. */
export const runs = (count: number): Pick<Parameters, "numRuns" | "seed"> =>
  isEverywhere ? { numRuns: 100 * count } : { numRuns: count, seed: 20_261_130 };
