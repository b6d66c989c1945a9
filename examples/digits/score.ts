/** How well a model did on the digits it has seen. */
export type Score = {
  /** Cross entropy, summed. */
  loss: number;
  /** Digits that it recognized. */
  right: number;
  seen: number;
};

export const NOTHING: Readonly<Score> = { loss: 0, right: 0, seen: 0 };

export function sum(a: Score, b: Score): Score {
  return { loss: a.loss + b.loss, right: a.right + b.right, seen: a.seen + b.seen };
}

/** Per digit. */
export function means({ loss, right, seen }: Score): { loss: number; accuracy: number } {
  return { loss: loss / seen, accuracy: right / seen };
}
