import { isTokenCharacter } from "./characters.ts";
import type { Detector } from "../detector.ts";
import type { GuardrailMatch } from "../rule.ts";

/** One shape: the start of a key, long enough to be sure. What follows in token characters belongs to it. */
const shapes = new RegExp(
  [
    "sk-(?=[\\w-]{0,19}\\d)[\\w-]{20}",
    "(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16}",
    "whsec_[A-Za-z0-9]{24}",
    "A[KS]IA[A-Z0-9]{16}",
    "AIza[\\w-]{35}",
    "ya29\\.[\\w-]{20}",
    "gh[pousr]_[A-Za-z0-9]{36}",
    "github_pat_\\w{22}",
    "glpat-[\\w-]{20}",
    "npm_[A-Za-z0-9]{36}",
    "xox[a-z]-[A-Za-z0-9-]{10}",
    "xapp-[A-Za-z0-9-]{10}",
    "hf_[A-Za-z0-9]{30}",
    "gsk_[A-Za-z0-9]{40}",
    "xai-[A-Za-z0-9]{40}",
    "pplx-[A-Za-z0-9]{40}",
    "r8_[A-Za-z0-9]{37}",
    "SG\\.[\\w-]{22}\\.[\\w-]{20}",
    // Signed tokens (JWT): two JSON objects in base64 and a signature.
    "eyJ[\\w-]{8,128}\\.eyJ[\\w-]{8}",
  ].join("|"),
  "y",
);

const starts =
  /sk[-_]|[rp]k_|whsec_|A[KS]IA|AIza|ya29|gh[pousr]_|github_pat_|glpat-|npm_|xox|xapp-|hf_|gsk_|xai-|pplx-|r8_|SG\.|eyJ/g;

const isDottedTokenCharacter = (code: number): boolean => isTokenCharacter(code) || code === 0x2e;

/** Keys and tokens that services give out, by the shape of their beginning. They may be of any length. */
export const apiKey: Detector = {
  reach: 160,
  next: (text, from) => {
    starts.lastIndex = from;
    for (let found = starts.exec(text); found !== null; found = starts.exec(text)) {
      const match = keyAt(text, found.index);
      if (match !== undefined) return match;
      starts.lastIndex = found.index + 1;
    }
    return undefined;
  },
};

const keyAt = (text: string, start: number): GuardrailMatch | undefined => {
  if (isTokenCharacter(text.charCodeAt(start - 1))) return undefined;
  shapes.lastIndex = start;
  if (!shapes.test(text)) return undefined;
  const continues = text.startsWith("eyJ", start) ? isDottedTokenCharacter : isTokenCharacter;
  let end = shapes.lastIndex;
  while (continues(text.charCodeAt(end))) end++;
  return { start, end, category: "api-key", continues };
};
