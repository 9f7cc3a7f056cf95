import { dice } from "./dice.ts";

// A cut costs all that is read before it, so what a stream costs is the square of its length. `npm run test:cuts` takes
// the minute or two that cutting all of them takes.
const everywhereBelowBytes = process.env["MODE"] === "everywhere" ? 20_000 : 500;
const maxBorders = 24;
const othersCount = 20;

/** Where the lines of a text end, which is where the meaning of a stream changes. */
const lineEnds = (bytes: Uint8Array): readonly number[] =>
  [...bytes.entries()].filter(([, byte]) => byte === 10 || byte === 13).map(([at]) => at + 1);

/** No more of a list than so many: a third of them its first, a third its last, the others evenly between. */
export const spread = (list: readonly number[], count: number): readonly number[] => {
  if (list.length <= count) return list;
  const third = Math.floor(count / 3);
  const middle = list.slice(third, -third);
  const picked = Array.from({ length: third }, (_, index) => middle[Math.floor((index * middle.length) / third)] ?? 0);
  return [...list.slice(0, third), ...picked, ...list.slice(-third)];
};

/**
 * The places, from 0 to before its end, at which a stream is cut: each byte of a small one; of a larger one both sides
 * of the borders inside it, those of many a choice, and some places anywhere.
 *
 * @param borders Where something ends inside the stream. Without them, where its lines do.
 */
export const cutsIn = (bytes: Uint8Array, borders: readonly number[] = lineEnds(bytes)): readonly number[] => {
  const { length } = bytes;
  if (length < everywhereBelowBytes) return Array.from({ length }, (_, at) => at);
  const random = dice(length);
  const around = spread(borders, maxBorders).flatMap((border) => [border - 2, border - 1, border, border + 1]);
  const others = Array.from({ length: othersCount }, () => Math.floor(random() * length));
  const places = new Set([0, length - 1, ...around, ...others]);
  return [...places].filter((at) => at >= 0 && at < length).toSorted((a, b) => a - b);
};
