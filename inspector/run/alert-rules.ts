import { parseCondition } from '../../src/inspect/when.ts';

/** What somebody wants to be told of. */
export type AlertRule =
  /** When this becomes true of what a loop holds: `state.loss > 2`. */
  | { kind: 'when'; when: string; loop?: string }
  /** When no loop of a run has taken a step for so long. */
  | { kind: 'stall'; seconds: number }
  /** When the latest steps of a loop take so many times as long as those before. */
  | { kind: 'slower'; times: number }
  /** When a number in a state becomes NaN or infinite. */
  | { kind: 'odd' }
  /** When a loop fails, whether or not that is caught. */
  | { kind: 'failed' };

/** These hurt nobody who does not want them, and are what one is sorry to have missed. */
export const FIRST_RULES: readonly AlertRule[] = [{ kind: 'odd' }, { kind: 'failed' }];

/** A rule in words, after "when". */
export function ruleWords(rule: AlertRule): string {
  switch (rule.kind) {
    case 'when':
      return `${rule.when}${rule.loop ? ` in ${rule.loop}` : ''}`;
    case 'stall':
      return `no step for ${rule.seconds} s`;
    case 'slower':
      return `steps take ${rule.times} times as long as before`;
    case 'odd':
      return 'a number is NaN or infinite';
    case 'failed':
      return 'a loop fails';
  }
}

/** A rule among values of unknown origin; nothing where it is none that can be gone by. */
export function ruleIn(value: unknown): AlertRule | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, when, loop, seconds, times } = value as Record<string, unknown>;
  switch (kind) {
    case 'odd':
    case 'failed':
      return { kind };
    case 'stall':
      return isAmount(seconds, 0) ? { kind, seconds } : undefined;
    case 'slower':
      return isAmount(times, 1) ? { kind, times } : undefined;
    case 'when': {
      if (typeof when !== 'string' || faultIn(when)) return undefined;
      return typeof loop === 'string' && loop ? { kind, when, loop } : { kind, when };
    }
    default:
      return undefined;
  }
}

const isAmount = (value: unknown, above: number): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > above;

/** What somebody typed as a rule, or what is wrong with it. */
export function readRule(kind: AlertRule['kind'], text: string, loop = ''): { rule: AlertRule } | { fault: string } {
  switch (kind) {
    case 'odd':
    case 'failed':
      return { rule: { kind } };
    case 'stall': {
      const seconds = Number(text);
      return text && isAmount(seconds, 0)
        ? { rule: { kind, seconds } }
        : { fault: `Expected a number of seconds above 0, such as 30, got \`${text}\`.` };
    }
    case 'slower': {
      const times = Number(text);
      return text && isAmount(times, 1)
        ? { rule: { kind, times } }
        : { fault: `Expected a number above 1, such as 2 for twice as long, got \`${text}\`.` };
    }
    case 'when': {
      const fault = faultIn(text);
      return fault ? { fault } : { rule: loop ? { kind, when: text, loop } : { kind, when: text } };
    }
  }
}

function faultIn(when: string): string {
  try {
    parseCondition(when);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
