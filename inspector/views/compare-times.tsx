import { type ComparedPair, compareTicks } from '../page/comparing.ts';
import { type ComparedRun, session } from '../page/session.ts';
import { barsOf, lengthOf } from '../run/run-bars.ts';
import { figure } from '../text/number.ts';
import { duration } from '../text/time.ts';

/** When the loops of each run went on, from the beginning of each, on one scale, with where it parted from the others. */
export function CompareTimes({ pairs }: { pairs: readonly ComparedPair[] }) {
  session.arrived.value;
  compareTicks.value;
  const runs = [pairs[0]!.a, ...pairs.map(({ b }) => b)];
  const longest = Math.max(1e-6, ...runs.map(({ store, run }) => lengthOf(store, run)));
  return (
    <div class="times">
      {runs.map((one, at) => (
        <Times key={one.label} of={one} longest={longest} parted={partedAt(pairs, at)} />
      ))}
      <p class="scale dim" aria-hidden="true">
        <span>0</span>
        <span>{duration(longest)}</span>
      </p>
    </div>
  );
}

/** When a run parted: the first of them from the first that is not like it any more; in milliseconds since it began. */
function partedAt(pairs: readonly ComparedPair[], at: number): number | undefined {
  const since = ({ store, run }: ComparedRun, row: number) =>
    row >= store.first && row < store.end ? [store.t(row) - run.root.from] : [];
  const times =
    at === 0
      ? pairs.flatMap(({ a, comparison: { divergence } }) => (divergence ? since(a, divergence.a.row) : []))
      : pairs
          .slice(at - 1, at)
          .flatMap(({ b, comparison: { divergence } }) => (divergence ? since(b, divergence.b.row) : []));
  return times.length ? Math.min(...times) : undefined;
}

function Times({
  of: { store, run, label, hue },
  longest,
  parted,
}: {
  of: ComparedRun;
  longest: number;
  parted: number | undefined;
}) {
  const length = lengthOf(store, run);
  const part = (ms: number) => `${((ms / longest) * 100).toFixed(3)}%`;
  const told = `${label} took ${duration(length)}${parted === undefined ? '' : `, and parted after ${duration(parted)}`}`;
  return (
    <div class="one">
      <span class={`name hue${hue}`}>{label}</span>
      <div class="stripes" role="img" aria-label={told} title={told}>
        <i class={`whole hue${hue}`} style={{ width: part(length) }} />
        {barsOf(store, run).map(({ name, hue: own, from, to, count }) => (
          <i
            key={`${name} ${from}`}
            class={`bar hue${own}`}
            title={`${count > 1 ? `${figure(count)} × ` : ''}${name}, ${duration(to - from)}`}
            style={{ left: part(from), width: part(to - from) }}
          />
        ))}
        {parted === undefined ? null : <b style={{ left: part(parted) }} />}
      </div>
      <span class="took">{duration(length)}</span>
    </div>
  );
}
