import { useEffect } from 'preact/hooks';
import { type ComparedPair, comparedPairs, compareTicks, startComparing } from '../page/comparing.ts';
import { type ComparedRun, session } from '../page/session.ts';
import { betterInWords } from '../run/better.ts';
import type { LoopMoment } from '../run/divergence.ts';
import { bothInWords, divergenceInWords, samenessInWords, startInWords } from '../run/divergence-words.ts';
import { summaryOf } from '../run/run-summary.ts';
import { figure } from '../text/number.ts';
import { Scroll } from '../widgets/scroll.tsx';
import { CompareTable } from './compare-table.tsx';
import { CompareTimes } from './compare-times.tsx';

/** Two runs or more beside each other: where they part, what they were given, what came of it, and when. */
export function Compare() {
  const compared = session.compared.value;
  useEffect(startComparing, []);
  compareTicks.value;
  const pairs = comparedPairs();
  return (
    <section class="compare" aria-label="Compare">
      <Scroll id="compare" label="Runs compared">
        {compared.length < 2 ? (
          <p class="note">
            Choose two runs or more in the list of runs.{' '}
            <button
              type="button"
              onClick={() => {
                session.pane.value = 'runs';
              }}
            >
              Show the list
            </button>
          </p>
        ) : null}
        {pairs.map((pair) => (
          <Pair key={`${pair.a.label} ${pair.b.label}`} pair={pair} />
        ))}
        {pairs.length ? <CompareTimes pairs={pairs} /> : null}
        {pairs.length ? <CompareTable compared={compared} /> : null}
      </Scroll>
    </section>
  );
}

/** What there is to say of two runs. */
function Pair({ pair: { a, b, comparison } }: { pair: ComparedPair }) {
  compareTicks.value;
  const { divergence, start, cut, skipped, progress } = comparison;
  const names = { a: a.label, b: b.label };
  const told = divergence ? divergenceInWords(divergence, names) : samenessInWords(comparison, names);
  return (
    <article class="pair" aria-label={`${a.label} and ${b.label}`}>
      <h2>
        <Name run={a} /> and <Name run={b} />
      </h2>
      <p class="parted" role="status">
        {told[0]!.toUpperCase()}
        {told.slice(1)}.{!divergence && progress < 1 && !comparison.awaits ? ` ${Math.floor(progress * 100)} %` : ''}
      </p>
      <Better pair={[a, b]} />
      {divergence ? (
        <>
          <p class="goes">
            <Go to={a} moment={divergence.a} /> <Go to={b} moment={divergence.b} />
          </p>
          {divergence.leaves.length > 1 ? (
            <table class="leaves">
              <thead>
                <tr>
                  <th scope="col">after that step</th>
                  <th scope="col">
                    <Name run={a} />
                  </th>
                  <th scope="col">
                    <Name run={b} />
                  </th>
                </tr>
              </thead>
              <tbody>
                {divergence.leaves.map(({ keys, a: mine, b: theirs }) => {
                  const [left, right] = bothInWords(mine, theirs);
                  return (
                    <tr key={keys.join('\n')}>
                      <th scope="row">{keys.join('.')}</th>
                      <td>{left}</td>
                      <td>{right}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          ) : null}
        </>
      ) : null}
      {start.all.length ? (
        <p>
          They began with something else:{' '}
          {start.all.map((one) => (
            <code key={`${one.path} ${one.what} ${one.keys.join('\n')}`} class="given">
              {startInWords(one)}
            </code>
          ))}
        </p>
      ) : null}
      {skipped ? (
        <p class="dim">
          {figure(skipped)} {skipped === 1 ? 'step was' : 'steps were'} not compared: lines are missing there, or
          several steps were told at once.
        </p>
      ) : null}
      {cut ? (
        <p class="dim">Some values were cut when they were recorded: whether these are the same is not known.</p>
      ) : null}
    </article>
  );
}

/** Which did better, as far as their losses and accuracies say. */
function Better({ pair }: { pair: readonly [ComparedRun, ComparedRun] }) {
  session.arrived.value;
  const [a, b] = pair.map(({ store, contexts, run, label }) => ({ label, ...summaryOf(store, contexts, run) }));
  const words = betterInWords(a!, b!);
  if (words === undefined) return null;
  const goesOn = pair.some(({ run }) => !run.root.ended);
  return (
    <p class="better">
      {goesOn ? 'So far' : 'In the end'}, {words}.
    </p>
  );
}

const Name = ({ run: { label, hue } }: { run: ComparedRun }) => <span class={`name hue${hue}`}>{label}</span>;

/** Goes to a moment of a run: all views show it. */
function Go({ to: { recording, run, label }, moment: { actor, row } }: { to: ComparedRun; moment: LoopMoment }) {
  return (
    <button
      type="button"
      onClick={() => {
        session.lookAt(recording, run);
        session.jump(row);
        session.select(actor.id, true);
        session.pane.value = 'nest';
      }}
    >
      Show it in {label}
    </button>
  );
}
