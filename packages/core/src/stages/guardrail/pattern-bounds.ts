/** How far a pattern can reach and how much work it can be, at one place of a text. */
export interface PatternBounds {
  /** Shortest and longest match, in UTF-16 code units. */
  readonly shortest: number;
  readonly longest: number;
  /** How far lookaheads reach beyond the match, and lookbehinds in front of it, at most. */
  readonly ahead: number;
  readonly behind: number;
  /** Ways to match there are to try, at most. */
  readonly ways: number;
}

const empty: PatternBounds = { shortest: 0, longest: 0, ahead: 0, behind: 0, ways: 1 };

const sequence = (a: PatternBounds, b: PatternBounds): PatternBounds => ({
  shortest: a.shortest + b.shortest,
  longest: a.longest + b.longest,
  ahead: a.ahead + b.ahead,
  behind: a.behind + b.behind,
  ways: a.ways * b.ways,
});

const either = (a: PatternBounds, b: PatternBounds): PatternBounds => ({
  shortest: Math.min(a.shortest, b.shortest),
  longest: Math.max(a.longest, b.longest),
  ahead: Math.max(a.ahead, b.ahead),
  behind: Math.max(a.behind, b.behind),
  ways: a.ways + b.ways,
});

const repeat = (a: PatternBounds, low: number, high: number): PatternBounds => {
  let ways = 0;
  for (let count = low; count <= high && Number.isFinite(ways); count++) ways += a.ways ** count;
  return { shortest: a.shortest * low, longest: a.longest * high, ahead: a.ahead, behind: a.behind, ways };
};

const quantifier = /\{(\d+)(?:(,)(\d*))?\}|[?*+]/y;
const groupStart = /\((?:\?(?:<[=!]|[=!]|:|<[^>]*>|[a-z]*(?:-[a-z]*)?:))?/y;
const escape = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|[^])/y;
const unicodeEscape = /\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|u[0-9a-fA-F]{4}|[pP]\{[^}]*\}|c[A-Za-z]|[^])/uy;
const characterClass = /\[(?:\\[^]|[^\]\\])*\]/y;
const longestRepeat = 16_384;

/**
 * Works out the bounds of a pattern.
 *
 * @throws TypeError where it has none, saying which part is at fault.
 */
export const boundsOf = ({ source, unicode, unicodeSets }: RegExp): PatternBounds => {
  if (unicodeSets) throw new TypeError("the flag v is not supported, use u");
  let at = 0;

  const eat = (token: RegExp): RegExpExecArray | null => {
    token.lastIndex = at;
    const found = token.exec(source);
    if (found !== null) at = token.lastIndex;
    return found;
  };

  const alternatives = (): PatternBounds => {
    let all = terms();
    while (source[at] === "|") {
      at++;
      all = either(all, terms());
    }
    return all;
  };

  const terms = (): PatternBounds => {
    let all = empty;
    while (at < source.length && source[at] !== "|" && source[at] !== ")") all = sequence(all, quantified(term()));
    return all;
  };

  const quantified = (inner: PatternBounds): PatternBounds => {
    const found = eat(quantifier);
    if (found === null) return inner;
    if (source[at] === "?") at++;
    const [token, from, comma, to] = found;
    if (token === "?") return repeat(inner, 0, 1);
    const low = Number(from);
    const high = comma === undefined ? low : Number(to);
    if (from === undefined || (comma !== undefined && to === "")) {
      throw new TypeError(`\`${token}\` has no upper bound, write one like {1,64}`);
    }
    if (high > longestRepeat) throw new TypeError(`\`${token}\` repeats more than ${longestRepeat} times`);
    return repeat(inner, low, high);
  };

  const term = (): PatternBounds => {
    const character = source[at];
    if (character === "(") return group();
    if (character === "^" || character === "$") {
      at++;
      return empty;
    }
    if (character === "\\") {
      const token = eat(unicode ? unicodeEscape : escape)?.[0] ?? "";
      if (/^\\[1-9k]/.test(token)) throw new TypeError(`\`${token}\` refers back to a group, which can not be bounded`);
      return token === "\\b" || token === "\\B" ? empty : oneCharacter;
    }
    if (character === "[" && eat(characterClass) !== null) return oneCharacter;
    at++;
    return character === "." ? oneCharacter : { ...oneCharacter, longest: 1 };
  };

  const group = (): PatternBounds => {
    const open = eat(groupStart)?.[0] ?? "";
    const inner = alternatives();
    at++; // the closing parenthesis
    if (!/[=!]$/.test(open)) return inner;
    // It looks and takes nothing.
    const isBehind = open.startsWith("(?<");
    const reach = inner.longest + inner.ahead + inner.behind;
    return {
      ...empty,
      ahead: isBehind ? inner.ahead : reach,
      behind: isBehind ? reach : inner.behind,
      ways: inner.ways,
    };
  };

  // Under the flag u a character may be a surrogate pair.
  const oneCharacter: PatternBounds = { ...empty, shortest: 1, longest: unicode ? 2 : 1 };
  return alternatives();
};
