/*
 * A text's block number tells its place in the answer: which item, and which part of it. Decoder and encoder share it,
 * so that an event that comes without its frame still finds its item.
 */
const partsPerItem = 1024;
const firstRawPart = partsPerItem / 2;

/** Block of a message's part, a reasoning summary's part, or (as part 0) a call's arguments. */
export const blockOf = (outputIndex: number, part: number): number => outputIndex * partsPerItem + part;

/** Block of a part of the reasoning itself, which stands beside its summary. */
export const rawBlockOf = (outputIndex: number, part: number): number => blockOf(outputIndex, firstRawPart + part);

/** The item a block belongs to. */
export const itemOfBlock = (block: number): number => Math.floor(block / partsPerItem);

/** Whether a block holds reasoning itself. */
export const isRawBlock = (block: number): boolean => block % partsPerItem >= firstRawPart;

/** Whether a number can be the place of a part. */
export const isPartIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < firstRawPart;

/** Where a part stands among the parts of its kind. */
export const partOfBlock = (block: number): number => (block % partsPerItem) % firstRawPart;
