/** Questions about UTF-16 code units. Behind the end of a text `charCodeAt` gives NaN, to which all answers are no. */

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

export const isLetter = (code: number): boolean => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);

export const isAlphanumeric = (code: number): boolean => isDigit(code) || isLetter(code);

/** Letters, digits, `_` and `-`: what tokens are made of. */
export const isTokenCharacter = (code: number): boolean => isAlphanumeric(code) || code === 0x5f || code === 0x2d;

/** Whether a number or word that stands at `start` begins there: no letter or digit touches it, nor `1.` or `1,`. */
export const beginsAt = (text: string, start: number): boolean => {
  const before = text.charCodeAt(start - 1);
  if (isAlphanumeric(before) || before === 0x5f) return false;
  return !((before === 0x2e || before === 0x2c) && isDigit(text.charCodeAt(start - 2)));
};

/** Whether a number or word may end in front of `end`: no letter or digit touches it, nor a decimal part. */
export const endsAt = (text: string, end: number): boolean => {
  const after = text.charCodeAt(end);
  if (isAlphanumeric(after) || after === 0x5f) return false;
  return !(after === 0x2e && isDigit(text.charCodeAt(end + 1)));
};
