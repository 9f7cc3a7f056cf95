import type { ErrorDetails } from "./dialect.ts";

const dayMs = 24 * 60 * 60 * 1000;

const usable = (ms: number): number | undefined => (Number.isFinite(ms) && ms > 0 && ms <= dayMs ? ms : undefined);

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: dayMs };

/** `6m0s`, `250ms`, `1.5s`, `2h3m` in milliseconds; `undefined` for anything else. */
export const durationMs = (text: string): number | undefined => {
  const piece = /(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h|d)/gy;
  let total = 0;
  let end = 0;
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    total += Number(match[1]) * (units[match[2] ?? ""] ?? 0);
    end = piece.lastIndex;
  }
  return end === text.length && end > 0 ? total : undefined;
};

/** `retry-after`: seconds, decimals allowed, or a date measured against the answer's own `date`. */
const retryAfterMs = (value: string, date: string | undefined): number | undefined => {
  if (/^\s*\d{1,12}(\.\d+)?\s*$/.test(value)) return Number(value) * 1000;
  const until = Date.parse(value);
  const from = Date.parse(date ?? "");
  return Number.isNaN(until) || Number.isNaN(from) ? undefined : until - from;
};

/**
 * How long a provider asks us to wait, in milliseconds, from the most exact statement it made; `undefined` where it
 * made none that makes sense (zero, negative, over a day).
 */
export const retryHintMs = (
  headers: Readonly<Record<string, string>>,
  details: ErrorDetails = {},
): number | undefined => {
  const exact = headers["retry-after-ms"];
  if (exact !== undefined && /^\d{1,12}(\.\d+)?$/.test(exact)) {
    const ms = usable(Number(exact));
    if (ms !== undefined) return ms;
  }
  const plain = headers["retry-after"];
  if (plain !== undefined) {
    const ms = usable(retryAfterMs(plain, headers["date"]) ?? Number.NaN);
    if (ms !== undefined) return ms;
  }
  if (details.retryAfterMs !== undefined) return usable(details.retryAfterMs);
  const words = /try again in (\d[\dhms.]{0,20})/i.exec(details.message?.slice(0, 2_000) ?? "");
  if (words !== null) {
    const ms = usable(durationMs((words[1] ?? "").replace(/\.$/, "")) ?? Number.NaN);
    if (ms !== undefined) return ms;
  }
  return resetMs(headers);
};

/** The reset of whichever limit has nothing remaining; where that is not told, the soonest reset says nothing sure. */
const resetMs = (headers: Readonly<Record<string, string>>): number | undefined => {
  let wait: number | undefined;
  for (const limit of ["requests", "tokens"]) {
    if (headers[`x-ratelimit-remaining-${limit}`] !== "0") continue;
    const reset = headers[`x-ratelimit-reset-${limit}`];
    const ms = reset === undefined ? undefined : usable(durationMs(reset) ?? Number.NaN);
    if (ms !== undefined) wait = Math.max(wait ?? 0, ms);
  }
  return wait;
};
