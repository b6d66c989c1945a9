import { signal } from '@preact/signals';
import { addChart, isCharted, toggleNumber } from '../page/plot-picks.ts';
import { meantBy, numbersNow } from '../page/plotted.ts';
import { session } from '../page/session.ts';
import { lastLoop, patternOf } from '../run/number-name.ts';
import type { FoundNumber } from '../run/numbers.ts';
import { stateAfter } from '../run/series.ts';
import { exact, figure, numberOf } from '../text/number.ts';
import { Exact } from '../widgets/exact.tsx';
import { Scroll } from '../widgets/scroll.tsx';
import { useThrottled } from '../widgets/throttled.ts';

/** What is searched for, and the pattern of the chart that can be made of it. */
const find = signal('');

/** While the moment moves, the values beside the charts move so often, in milliseconds. */
const OFTEN = 80;

/** All numbers there are, to be ticked, searched and plotted by a pattern. */
export function PlotNumbers() {
  const now = useThrottled(session.now, OFTEN).value;
  const all = numbersNow();
  const pattern = patternFor(find.value);
  const means = patternOf(pattern);
  const listed = pattern ? all.filter(({ paths, keys }) => paths.some(({ name }) => means(name, keys))) : all;
  return (
    <Scroll id="numbers" class="picks" label="Numbers">
      {all.length ? (
        <PatternField pattern={pattern} count={all.length} />
      ) : (
        <p class="note">
          No state holds a number yet. Every number in a loop's <code>state</code> can be plotted.
        </p>
      )}
      {listed.map((found) => (
        <NumberRow key={found.name} found={found} now={now} />
      ))}
    </Scroll>
  );
}

/** What somebody typed as a pattern that means something: as it stands, else as a part of a name. */
function patternFor(text: string): string {
  const typed = text.trim();
  if (!typed) return '';
  return meantBy([typed]).length ? typed : `*${typed}*`;
}

function PatternField({ pattern, count }: { pattern: string; count: number }) {
  const meant = pattern ? meantBy([pattern]).length : 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (meant) addChart([pattern]);
      }}
    >
      <input
        type="search"
        placeholder={`${figure(count)} numbers, or *.loss`}
        aria-label="Search the numbers, or a pattern such as *.loss"
        title="A part of a name, or a pattern in which * stands for anything: *.loss, trials.*.loss, batch · loss"
        value={find.value}
        onInput={(event) => {
          find.value = event.currentTarget.value;
        }}
      />
      {pattern ? (
        <button type="submit" disabled={!meant} title={`One chart of all that ${pattern} means (Enter)`}>
          {meant ? `plot ${meant > 1 ? `all ${figure(meant)} in one chart` : 'it'}` : 'no number is called so'}
        </button>
      ) : null}
    </form>
  );
}

function NumberRow({ found, now }: { found: FoundNumber; now: number }) {
  const { name, keys, paths } = found;
  const loop = name.slice(0, name.indexOf(' · '));
  return (
    <label class="pick" title={name}>
      <input type="checkbox" checked={isCharted(found)} onChange={() => toggleNumber(found)} />
      <span class="where">{lastLoop(loop)}</span>
      <span class="key">{keys.join('.')}</span>
      {paths.length > 1 ? <span class="read dim">× {figure(paths.length)}</span> : <Value found={found} now={now} />}
    </label>
  );
}

function Value({ found: { paths, keys }, now }: { found: FoundNumber; now: number }) {
  const { steps } = paths[0]!;
  const at = steps.upTo(now);
  const value = at < 0 ? undefined : numberOf(stateAfter(session.store, steps.row(at), keys));
  if (value === undefined) return <span class="read" />;
  return (
    <Exact class={`read ${Number.isFinite(value) ? '' : 'bad'}`} exact={exact(value)}>
      {figure(value)}
    </Exact>
  );
}
