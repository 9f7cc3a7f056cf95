/** Where the characters of an answer's content items stand in its whole text, in UTF-16 units. */
export interface TextPlaces {
  /** More text of the content item with this index. */
  readonly add: (index: number, text: string) => void;
  /** The place of a character of an item; without an index, of the first item that is text. */
  readonly unitAt: (index: number | undefined, character: number) => number | undefined;
  readonly has: (index: number) => boolean;
}

interface Item {
  /** Units of text before this item. */
  readonly start: number;
  characters: number;
  /** Which of its characters take two units. */
  readonly wide: number[];
}

export const createTextPlaces = (): TextPlaces => {
  const items = new Map<number, Item>();
  let units = 0;
  return {
    add: (index, text) => {
      let item = items.get(index);
      if (item === undefined) {
        item = { start: units, characters: 0, wide: [] };
        items.set(index, item);
      }
      units += text.length;
      measure(item, text);
    },
    unitAt: (index, character) => {
      const item = index === undefined ? items.values().next().value : items.get(index);
      if (item === undefined) return undefined;
      return item.start + character + item.wide.filter((place) => place < character).length;
    },
    has: (index) => items.has(index),
  };
};

const measure = (item: Item, text: string): void => {
  if (!/[\uD800-\uDBFF]/.test(text)) {
    item.characters += text.length;
    return;
  }
  for (const character of text) {
    if (character.length === 2) item.wide.push(item.characters);
    item.characters++;
  }
};
