import { figure } from '../text/number.ts';
import { brief } from '../text/value.ts';
import { NOTHING } from './difference.ts';

/** One thing that a loop holds, and what it was before; `NOTHING` where it was or is not there. */
export interface HeldMember {
  key: string;
  before: unknown;
  after: unknown;
}

/** What a loop is about, in the order in which people ask for it. */
const FIRST = ['state', 'progress', 'error', 'inFlight'];
/** What the machine keeps to run the loop. */
const RUN = new Set(
  'name args begun children running steps done restarting pace stop ended skipped error inFlight'.split(' '),
);
/** These are worth a word while they are folded, where there is anything to say. */
const TOLD = ['stop', 'ended', 'skipped', 'restarting', 'pace'];

const nothing = (value: unknown) => value === NOTHING || value === null || value === undefined;

/** What a loop holds in two parts: what is read first, and what only says how its machine runs it. */
export function partsOf(members: readonly HeldMember[]): { first: HeldMember[]; run: HeldMember[] } {
  const at = ({ key }: HeldMember) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const first = members.filter(
    (member) =>
      member.key === 'state' || (!nothing(member.after) && (FIRST.includes(member.key) || !RUN.has(member.key))),
  );
  return {
    first: first.toSorted((a, b) => at(a) - at(b)),
    run: members.filter((member) => !first.includes(member)),
  };
}

/** The second part in a line. */
export function runWords(run: readonly HeldMember[]): string {
  const value = (key: string) => {
    const member = run.find((one) => one.key === key);
    return nothing(member?.after) ? undefined : member?.after;
  };
  const steps = value('steps');
  const done = value('done');
  return [
    typeof steps === 'number' ? `steps ${figure(steps)}` : '',
    typeof done === 'boolean' ? `done ${done}` : '',
    ...TOLD.map((key) => {
      const told = value(key);
      return told === undefined || told === false ? '' : `${key} ${told === true ? '' : brief(told, 24)}`;
    }),
  ]
    .map((word) => word.trim())
    .filter(Boolean)
    .join(' · ');
}
