/** What takes the place of a stretch of text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A category as it stands in place of what was found: `api-key` → `API_KEY`. Safe inside any quotes. */
export const labelOf = (category: string): string => category.toUpperCase().replace(/[^A-Z0-9]/g, "_");

/**
 * Applies edits, which are in order, to a piece of text that begins at `offset`. An edit that began before the piece
 * or inside the one before it only takes text away: what replaces it stands where the first began. Those in front of
 * index `first` are passed over.
 */
export const applyEdits = (text: string, offset: number, edits: readonly Edit[], first: number = 0): string => {
  const end = offset + text.length;
  let result = "";
  let at = offset;
  for (let index = first; index < edits.length; index++) {
    const edit = edits[index];
    if (edit === undefined || edit.start >= end) break;
    if (edit.start >= at) result += text.slice(at - offset, edit.start - offset) + edit.text;
    at = Math.max(at, edit.end);
  }
  return at < end ? result + text.slice(at - offset) : result;
};
