import { signal } from '@preact/signals';
import { type ComparedRun, session } from '../page/session.ts';
import { compareTable, type TableRow } from '../run/compare-table.ts';
import { NOTHING } from '../run/difference.ts';
import { summaryOf } from '../run/run-summary.ts';
import { apart, exact, numberOf } from '../text/number.ts';
import { duration } from '../text/time.ts';
import { brief, briefExactly } from '../text/value.ts';
import { Exact } from '../widgets/exact.tsx';
import { Mark } from '../widgets/phase-mark.tsx';

/** Whether what is the same in all is left out. */
const differing = signal(false);
/** So many characters of a value fit into a cell. */
const ROOM = 40;

/** How each run ended, what it was given and what its loops held in the end. */
export function CompareTable({ compared }: { compared: readonly ComparedRun[] }) {
  session.arrived.value;
  const all = compareTable(compared);
  const rows = differing.value ? all.filter(({ differs }) => differs) : all;
  const summaries = compared.map(({ store, contexts, run }) => summaryOf(store, contexts, run));
  return (
    <div class="beside">
      <label class="check">
        <input
          type="checkbox"
          checked={differing.value}
          onChange={(event) => {
            differing.value = event.currentTarget.checked;
          }}
        />
        only what differs
      </label>
      <table>
        <thead>
          <tr>
            <td />
            {compared.map((one, at) => (
              <th key={one.label} scope="col">
                <button
                  type="button"
                  class={`flat name hue${one.hue}`}
                  disabled={at === 0}
                  title={at === 0 ? 'The others are compared with this one' : 'Compare the others with this one'}
                  onClick={() => session.compare([one, ...compared.filter((other) => other !== one)])}
                >
                  {one.label}
                </button>
                <button
                  type="button"
                  class="flat"
                  aria-label={`Compare ${one.label} no more`}
                  onClick={() => session.toggleCompared(one.recording, one.run)}
                >
                  ✕
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr class={summaries.some(({ outcome }) => outcome !== summaries[0]!.outcome) ? 'differs' : ''}>
            <th scope="row">outcome</th>
            {summaries.map(({ phase, outcome, why }, at) => (
              <td key={compared[at]!.label} class={phase} title={why}>
                <Mark phase={phase} /> {outcome}
                {why ? <span class="reason"> {why}</span> : null}
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">took</th>
            {summaries.map(({ took }, at) => (
              <td key={compared[at]!.label}>{duration(took)}</td>
            ))}
          </tr>
          {rows.map((row, at) => (
            <>
              {row.group !== rows[at - 1]?.group ? (
                <tr key={row.group} class="group">
                  <th scope="rowgroup" colSpan={compared.length + 1}>
                    {row.group === 'arguments' ? 'arguments' : `${row.group} at its end`}
                  </th>
                </tr>
              ) : null}
              <Row key={`${row.group} ${row.name}`} row={row} compared={compared} />
            </>
          ))}
        </tbody>
      </table>
      {differing.value && !rows.length ? <p class="note">Arguments and last states are the same.</p> : null}
    </div>
  );
}

function Row({ row: { name, values, differs, best }, compared }: { row: TableRow; compared: readonly ComparedRun[] }) {
  return (
    <tr class={differs ? 'differs' : ''}>
      <th scope="row">
        {name}
        {differs ? <span class="sign" role="img" aria-label="differs" /> : null}
      </th>
      {values.map((value, at) => (
        <td
          key={compared[at]!.label}
          class={at === best ? 'best' : ''}
          title={at === best ? 'The best of them' : undefined}
        >
          <Value value={value} others={values} />
        </td>
      ))}
    </tr>
  );
}

/** Told with so many digits as tell it from the others. */
function Value({ value, others }: { value: unknown; others: readonly unknown[] }) {
  if (value === NOTHING) return <span class="dim">not there</span>;
  const number = numberOf(value);
  if (number === undefined) return <Exact exact={briefExactly(value, ROOM)}>{brief(value, ROOM)}</Exact>;
  const told = others.map((other) => {
    const its = numberOf(other);
    return its === undefined || Object.is(its, number) ? '' : apart(number, its)[0];
  });
  const longest = told.reduce((a, b) => (b.length > a.length ? b : a), brief(value, ROOM));
  return <Exact exact={exact(number)}>{longest}</Exact>;
}
