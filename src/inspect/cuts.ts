/** How much of a value is shown; what is more is cut, with a mark under which it can be fetched. */
export interface Cuts {
  /** Levels. */
  depth: number;
  /** Items of a list, keys of an object. */
  items: number;
  /** Characters of a text. */
  text: number;
  /** Values in all. */
  values: number;
  /** Characters of texts and keys in all. */
  characters: number;
}

/** No value is gone through to more levels, whatever is asked for: JSON has no more either before the stack is full. */
export const deepest = 1000;
