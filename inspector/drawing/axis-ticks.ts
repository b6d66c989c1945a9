import { figure } from '../text/number.ts';

/** No number has more digits that count. */
const MOST = 17;

/** What a number of an axis is called: with as many digits as tell it from its neighbours, `step` further on. */
export function tick(at: number, step: number): string {
  // What is nought but for rounding.
  if (Math.abs(at) < step / 1e6) return '0';
  const size = Math.abs(at);
  const exponent = Math.floor(Math.log10(step) + 1e-9);
  const lead = step / 10 ** exponent;
  // Steps of 2.5 need a digit more than those of 1, 2 and 5.
  const last = exponent - (Math.abs(lead - Math.round(lead)) > 1e-6 ? 1 : 0);
  if (size >= 1e6 || size < 1e-4) {
    const digits = Math.max(0, Math.floor(Math.log10(size) + 1e-9) - last);
    return at.toExponential(Math.min(digits, MOST)).replace('e+', 'e');
  }
  const digits = Math.max(0, -last);
  // Tens and hundreds are grouped as they are elsewhere.
  return digits ? at.toFixed(Math.min(digits, MOST)) : figure(Math.round(at));
}

/**
 * Where the ticks of an axis stand: at multiples of 1, 2 or 5 times a power of ten.
 *
 * @param most there are no more of them
 * @param smallest the step is no smaller than this
 */
export function ticks(min: number, max: number, most: number, smallest = 0): number[] {
  const wanted = Math.max(smallest, (max - min) / Math.max(1, most));
  // Of numbers so large that the next one is further away, or so small that they have no digits left, there are none.
  const least = Math.max(1e-300, Math.abs(min) * 1e-14, Math.abs(max) * 1e-14);
  if (!(wanted > least && wanted < Number.POSITIVE_INFINITY)) return [];
  const power = 10 ** Math.floor(Math.log10(wanted) + 1e-9);
  const step = power * ([1, 2, 5, 10].find((lead) => lead * power >= wanted * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.min(most + 1, Math.floor(max / step + 1e-9) - first + 1);
  return Array.from({ length: Math.max(0, count) }, (_, at) => (first + at) * step);
}

/** The same of a logarithmic axis: at powers of ten, or where there are not two of them, evenly. */
export function logTicks(min: number, max: number, most: number): number[] {
  const first = Math.ceil(Math.log10(min) - 1e-9);
  const last = Math.floor(Math.log10(max) + 1e-9);
  if (!(last > first)) return ticks(min, max, most);
  const step = Math.ceil((last - first + 1) / Math.max(1, most));
  const all = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, at) => 10 ** (first + at * step));
  // Powers of ten are rounded as well.
  return all.filter((at) => at >= min && at <= max);
}
