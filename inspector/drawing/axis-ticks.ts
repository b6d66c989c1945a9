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
