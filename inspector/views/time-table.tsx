import { batch, signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type IcicleNode, timeKey } from '../drawing/icicle.ts';
import { session } from '../page/session.ts';
import { heldTime, sight } from '../page/time-zoom.ts';
import { keepInLink, oneOf } from '../page/view-state.ts';
import { clipped, lengthOf } from '../run/spans.ts';
import { type HookTime, type LoopTime, type Taken, timeSpent } from '../run/time-spent.ts';
import { figure } from '../text/number.ts';
import { duration } from '../text/time.ts';
import { Range } from '../widgets/range-chip.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { Icicle } from './icicle.tsx';

const COLUMNS = ['self', 'total', 'count', 'mean', 'p50', 'p95', 'max'] as const;
type Column = (typeof COLUMNS)[number];

const SAYS: Record<Column, string> = {
  self: 'Without the loops inside, waits and pauses',
  total: 'With all that ran inside',
  count: 'How often it came to its end; + those that did not',
  mean: 'The mean of those that came to their end',
  p50: 'Half of them took no longer',
  p95: '95 in 100 of them took no longer',
  max: 'The longest: press it to go there',
};

const sorted = signal<Column>('self');
keepInLink('time.by', oneOf(sorted, COLUMNS));
const EVERYWHERE = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
/** Of what the longest are listed, by its loop and hook. */
const listed = signal('');
/** What is worked out anew while lines come in takes at most so large a part of the time. */
const PART = 0.05;

/** Where the time of the run goes that is looked at, by loop and hook. */
export function TimeTable() {
  session.version.value;
  const range = session.range.value ?? sight.value;
  const times = useTimes(range);
  // Only what is held is counted.
  const length = lengthOf(range ? clipped(range, heldTime()) : heldTime());
  const by = (a: Taken, b: Taken) => (b[sorted.value] || 0) - (a[sorted.value] || 0);
  const loops = times.toSorted(by);
  const rows = loops.flatMap((loop) => [
    { key: timeKey(loop, undefined), loop, hook: undefined, taken: loop as Taken },
    ...loop.hooks.toSorted(by).map((hook) => ({ key: timeKey(loop, hook), loop, hook, taken: hook as Taken })),
  ]);
  const chosen = rows.find(({ key }) => key === listed.value) ?? rows[0];
  return (
    <section class="time" aria-label="Where the time goes">
      <header class="tools">
        <span class="dim">
          {duration(length)} {session.range.value ? 'selected' : range ? 'in sight' : 'in all'}
        </span>
        <Range />
      </header>
      <Scroll id="time" class="spent" label="Times">
        <Icicle times={times} chosen={chosen?.key} onChoose={choose} />
        <table>
          <thead>
            <tr>
              <th scope="col">loop, hook</th>
              {COLUMNS.map((name) => (
                <th key={name} scope="col" aria-sort={name === sorted.value ? 'descending' : 'none'}>
                  <button
                    type="button"
                    class="flat"
                    title={SAYS[name]}
                    onClick={() => {
                      sorted.value = name;
                    }}
                  >
                    {name}
                    {name === sorted.value ? ' ↓' : ''}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, loop, hook, taken }) => (
              <tr key={key} class={hook ? 'hook' : 'loop'}>
                <Name of={key} loop={loop} hook={hook} chosen={key === chosen?.key} />
                <Numbers taken={taken} length={length} />
              </tr>
            ))}
          </tbody>
        </table>
        {chosen ? <Slowest name={nameOf(chosen.loop, chosen.hook)} taken={chosen.taken} /> : null}
      </Scroll>
    </section>
  );
}

/** Lists the longest of a node of the icicle, and looks at its loop. */
function choose({ key, loop }: IcicleNode): void {
  const actor = loop.paths.findLast(({ actors }) => actors.length)?.actors.at(-1);
  batch(() => {
    listed.value = key;
    if (actor && !loop.paths.includes(session.actor.value?.path ?? actor.path)) session.select(actor.id);
  });
}

const nameOf = (loop: LoopTime, hook: HookTime | undefined) =>
  hook ? `${hook.hook} of ${loop.path}` : `runs of ${loop.path}`;

/** The times of a range. Those of a long run are worked out anew less often than lines come in. */
function useTimes(range: { from: number; to: number } | null): LoopTime[] {
  const known = useRef<{
    of: unknown;
    store: unknown;
    end: number;
    at: number;
    took: number;
    times: LoopTime[];
  } | null>(null);
  const { store } = session;
  const run = session.run.value;
  const of = `${run?.number} ${range?.from} ${range?.to}`;
  const begun = performance.now();
  const last = known.current;
  if (last?.of === of && last.store === store && (last.end === store.end || begun - last.at < last.took / PART))
    return last.times;
  const times = run ? timeSpent(store, run, range ?? EVERYWHERE) : [];
  known.current = { of, store, end: store.end, at: begun, took: performance.now() - begun, times };
  return times;
}

interface NameProps {
  of: string;
  loop: LoopTime;
  hook: HookTime | undefined;
  chosen: boolean;
}

function Name({ of, loop, hook, chosen }: NameProps) {
  return (
    <th scope="row">
      <button
        type="button"
        class={`flat name hue${loop.hue}`}
        aria-pressed={chosen}
        title={`List the longest ${nameOf(loop, hook)}`}
        onClick={() => {
          listed.value = of;
        }}
      >
        {hook ? hook.hook : loop.path}
      </button>
    </th>
  );
}

function Numbers({ taken, length }: { taken: Taken; length: number }) {
  const { self, total, count, open, mean, p50, p95, max, averaged, slowest } = taken;
  const about = averaged ? '~' : '';
  const told = (ms: number) => (Number.isNaN(ms) ? '–' : duration(ms));
  const part = length > 0 ? Math.min(1, self / length) : 0;
  const why = averaged ? 'Steps that were told at once are taken to have been equally long' : undefined;
  return (
    <>
      <td
        class="self"
        style={{ '--part': `${(part * 100).toFixed(2)}%` }}
        title={`${(part * 100).toFixed(1)} % of the time`}
      >
        {duration(self)}
      </td>
      <td>{duration(total)}</td>
      <td title={open ? `${figure(open)} did not come to an end in this time` : undefined}>
        {figure(count)}
        {open ? ` + ${figure(open)}` : ''}
      </td>
      <td>{told(mean)}</td>
      {[p50, p95].map((ms, at) => (
        <td key={at === 0 ? 'p50' : 'p95'} title={why}>
          {about}
          {told(ms)}
        </td>
      ))}
      <td>
        {slowest[0] ? (
          <button type="button" class="flat to" title="Go to where it ended" onClick={() => goTo(slowest[0]!.row)}>
            {about}
            {duration(max)}
          </button>
        ) : (
          '–'
        )}
      </td>
    </>
  );
}

/** The longest, each a way to where it ended. */
function Slowest({ name, taken }: { name: string; taken: Taken }) {
  const { store } = session;
  if (!taken.slowest.length) return <p class="note">None of the {name} came to an end in this time.</p>;
  return (
    <div class="slowest">
      <h2>Longest {name}</h2>
      <ol>
        {taken.slowest.map(({ ms, row }) => (
          <li key={row}>
            <button type="button" class="flat to" disabled={row < store.first} onClick={() => goTo(row)}>
              {row < store.first ? 'no longer held' : whereOf(row)}
            </button>{' '}
            {duration(ms)}
          </li>
        ))}
      </ol>
    </div>
  );
}

function whereOf(row: number): string {
  const { store } = session;
  const actor = store.actor(row);
  if (!actor) return figure(store.seq(row));
  const steps = actor.rows.count(Math.max(0, actor.rows.upTo(row)));
  return steps ? `${actor.id} step ${figure(steps)}` : actor.id;
}

function goTo(row: number): void {
  const actor = session.store.actor(row);
  session.jump(row);
  if (actor) session.select(actor.id, true);
}
