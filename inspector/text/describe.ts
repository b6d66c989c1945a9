import type { Line } from '../lines/line.ts';
import { eventText } from './event-text.ts';
import { figure } from './number.ts';
import { errorIn, thrownWords } from './thrown.ts';
import { brief, visible } from './value.ts';

/** An event's name without what all of its kind have in common. */
export function shortType(type: string): string {
  if (type === '') return 'always';
  // XState numbers what is invoked without a name: `0.shop.loading`.
  const done = /^xstate\.done\.actor\.(?:\d+\.)?(.+)$/.exec(type);
  if (done) return `${done[1]} ✓`;
  const failed = /^xstate\.error\.actor\.(?:\d+\.)?(.+)$/.exec(type);
  if (failed) return `${failed[1]} ✕`;
  const after = /^xstate\.after\.([^.]+)\./.exec(type);
  if (after) return /^\d+$/.test(after[1]!) ? `after ${after[1]} ms` : `after ${after[1]}`;
  return type.replace(/^(loop|xstate)\./, '');
}

const WHYS: Record<string, string> = {
  missing: 'missing in the recording',
  unreadable: 'that could not be read',
  dropped: 'let go by the program before this page read them',
  fault: 'that the program could not take down',
  redacted: 'kept back by redact',
};

/** Why lines are missing in the middle. */
export function whyMissing(why: string): string {
  return (Object.hasOwn(WHYS, why) && WHYS[why]) || 'not sent';
}

/**
 * What there is to say about a line beside its type.
 * @param exactly whether numbers are told with all their digits
 */
export function describe(line: Line, exactly = false): string {
  const told = (value: unknown) => brief(value, exactly ? 1000 : 140, exactly);
  switch (line.type) {
    case 'recording':
      return `run ${line.runId}`;
    case 'chart':
      return line.key;
    case 'lagged':
      return `${figure(line.count)} ${line.count === 1 ? 'line' : 'lines'} ${whyMissing(line.why ?? '')}`;
    case 'actor':
      return `${visible(line.loop || line.name)} begins${line.late ? ', already running when it was first seen' : ''}`;
    case 'event': {
      const { event } = line;
      const fault = line.error ?? errorIn(event.error);
      if (fault) return visible(thrownWords(fault));
      const commit = event.commit as { state?: unknown } | undefined;
      if (commit && typeof commit === 'object' && commit.state !== undefined) return told(commit.state);
      const { type, ...rest } = event;
      if ('output' in rest) return outcome(rest.output, told);
      return Object.keys(rest).length ? told(rest).slice(2, -2) : '';
    }
  }
}

/** What a hook or a child came to: what it returned, else the state that it left. */
function outcome(output: unknown, told: (value: unknown) => string): string {
  if (typeof output !== 'object' || output === null) return output == null ? '' : told(output);
  const { hook, value, commit, dict, output: returned } = output as Record<string, unknown>;
  const got = hook !== undefined ? value : dict !== undefined ? returned : output;
  if (got !== undefined && got !== null) return told(got);
  const { state } = (commit ?? {}) as { state?: unknown };
  return state === undefined || state === null ? '' : told(state);
}

/** All that a search looks through. */
export function haystack(line: Line): string {
  switch (line.type) {
    case 'event':
      return `${line.id} ${line.value} ${eventText(line)}${line.error ? JSON.stringify(line.error) : ''}`;
    case 'actor':
      return `${line.id} ${line.loop} ${line.value}`;
    default:
      return describe(line);
  }
}
