/** A part of a path without its percent-encoding; `undefined` where that is broken, or nothing is left. */
export const decodePath = (encoded: string): string | undefined => {
  try {
    return decodeURIComponent(encoded) || undefined;
  } catch {
    return undefined;
  }
};
