/** A part of time, in epoch milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** The part of a span that lies in another; its end is not after its beginning where there is none. */
export const clipped = (span: Span, within: Span): Span => ({
  from: Math.max(span.from, within.from),
  to: Math.min(span.to, within.to),
});

export const lengthOf = ({ from, to }: Span): number => Math.max(0, to - from);

/** The same time, in order and without overlaps. */
export function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

/** How much of a span lies in none of others, which are merged. */
export function outside(span: Span, others: readonly Span[]): number {
  let low = 0;
  let high = others.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (others[middle]!.to <= span.from) low = middle + 1;
    else high = middle;
  }
  let left = lengthOf(span);
  for (let at = low; at < others.length && others[at]!.from < span.to; at++)
    left -= lengthOf(clipped(others[at]!, span));
  return Math.max(0, left);
}
