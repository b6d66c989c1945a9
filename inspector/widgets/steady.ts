import { Component } from 'preact';

/**
 * A part of the page of which there may be hundreds: it is drawn again only when one of its props is another. What is
 * told of it comes as an object of plain values, made anew each time, so objects are compared by what lies in them. It
 * reads no signals itself: what does is a component of its own in it.
 */
export abstract class Steady<Props extends object> extends Component<Props> {
  override shouldComponentUpdate(next: Readonly<Props>): boolean {
    return !isAlike(this.props, next, isValueAlike);
  }
}

const isValueAlike = (one: unknown, other: unknown): boolean =>
  Object.is(one, other) ||
  (typeof one === 'object' &&
    typeof other === 'object' &&
    one !== null &&
    other !== null &&
    isAlike(one, other, Object.is));

function isAlike(one: object, other: object, alike: (one: unknown, other: unknown) => boolean): boolean {
  const [before, after] = [Object.entries(one), other as Readonly<Record<string, unknown>>];
  return before.length === Object.keys(other).length && before.every(([key, value]) => alike(value, after[key]));
}
