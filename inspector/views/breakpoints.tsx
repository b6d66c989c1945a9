import { useSignal } from '@preact/signals';
import type { Breakpoint } from '../../src/inspect/breakpoint.ts';
import { parseCondition } from '../../src/inspect/when.ts';
import type { StateNodeJson } from '../lines/line.ts';
import { moveToMet, search } from '../page/breakpoint-search.ts';
import { isOpen, setBreakpoints, settings } from '../page/run-settings.ts';
import { session } from '../page/session.ts';
import { shortType } from '../text/describe.ts';
import { Loops } from '../widgets/loop-choice.tsx';
import { Menu } from '../widgets/menu.tsx';

type Kind = 'state' | 'event' | 'when';

const searched = {
  '': '',
  searching: 'searching…',
  none: 'no further one',
  unknown: 'no further one that is known: values that a condition asks for were cut away',
};

/** Where a run pauses and playing halts; and the ways to the moments at which it would have. */
export function Breakpoints() {
  const kind = useSignal<Kind>('state');
  const text = useSignal('');
  const path = useSignal('');
  const fault = useSignal('');
  const points = settings.value.points.filter(isOpen);
  const add = () => {
    const read = readingOf(kind.value, text.value.trim());
    if ('fault' in read) {
      fault.value = read.fault;
      return;
    }
    setBreakpoints([...points, { ...(path.value && { path: path.value }), ...read.point }]);
    text.value = '';
    fault.value = '';
  };
  return (
    <Menu label={`Breakpoints${points.length ? ` (${points.length})` : ''}`}>
      <div class="sheet">
        {points.map((point) => (
          <div class="point" key={JSON.stringify(point)}>
            <span>{point.id ?? point.path ?? 'any loop'}</span>
            <code>{nameOf(point)}</code>
            <button
              type="button"
              class="flat"
              aria-label="Remove"
              onClick={() => setBreakpoints(points.filter((other) => other !== point))}
            >
              ✕
            </button>
          </div>
        ))}
        {points.length ? (
          <div class="point">
            <span class="dim" role="status">
              {searched[search.value]}
            </span>
            <button type="button" title="Shift B" onClick={() => void moveToMet(-1)}>
              ‹ last met
            </button>
            <button type="button" title="B" onClick={() => void moveToMet(1)}>
              next met ›
            </button>
          </div>
        ) : (
          <p class="note">
            {session.source.value?.send ? 'The run pauses' : 'Playing halts'} where a breakpoint is met; b goes to the
            next moment at which one was.
          </p>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text.value.trim()) add();
          }}
        >
          <Loops path={path} none="any loop" />
          <select
            aria-label="Kind"
            value={kind.value}
            onChange={(e) => {
              kind.value = e.currentTarget.value as Kind;
              fault.value = '';
            }}
          >
            <option value="state">in state</option>
            <option value="event">on event</option>
            <option value="when">when</option>
          </select>
          <input
            type="text"
            list={`known-${kind.value}`}
            aria-label="What to wait for"
            aria-invalid={fault.value !== ''}
            aria-describedby={fault.value ? 'breakpoint-fault' : undefined}
            placeholder={{ state: 'ending', event: 'advanced', when: 'state.loss > 2' }[kind.value]}
            value={text.value}
            onInput={(e) => {
              text.value = e.currentTarget.value;
              fault.value = '';
            }}
          />
          <button type="submit">Add</button>
          <datalist id="known-state">
            {[...statesOf()].map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <datalist id="known-event">
            {[...eventsOf()].map((type) => (
              <option key={type} value={shortType(type)} />
            ))}
          </datalist>
        </form>
        {fault.value ? (
          <p id="breakpoint-fault" class="fault" role="alert">
            {fault.value}
          </p>
        ) : null}
      </div>
    </Menu>
  );
}

/** All that has to be so for a breakpoint to be met. */
export function nameOf({ state, event, when }: Breakpoint): string {
  return [state && `state ${state}`, event && `event ${shortType(event)}`, when && `when ${when}`]
    .filter(Boolean)
    .join(', ');
}

/** What somebody typed, or what is wrong with it: a breakpoint that can never be met helps nobody. */
function readingOf(kind: Kind, text: string): { point: Breakpoint } | { fault: string } {
  switch (kind) {
    case 'state': {
      const known = statesOf();
      return known.has(text)
        ? { point: { state: text } }
        : { fault: `Expected a state of a loop, got \`${text}\`. There are ${[...known].join(', ')}.` };
    }
    case 'event': {
      const known = [...eventsOf()];
      // As it is written in log and chart, or in full.
      const type = known.find((name) => name === text || shortType(name) === text);
      if (type === undefined && !text.endsWith('*'))
        return {
          fault: `Expected an event that a loop handles, such as \`advanced\`, got \`${text}\`. With * at its end it stands for all that begin so.`,
        };
      return { point: { event: type ?? text } };
    }
    case 'when':
      try {
        parseCondition(text);
        return { point: { when: text } };
      } catch (error) {
        return { fault: (error as Error).message };
      }
  }
}

function* nodesIn(node: StateNodeJson): Generator<[key: string, node: StateNodeJson]> {
  for (const [key, inner] of Object.entries(node.states ?? {})) {
    yield [key, inner];
    yield* nodesIn(inner);
  }
}

function statesOf(): Set<string> {
  const names = new Set<string>();
  for (const { root } of session.store.charts.values()) for (const [key] of nodesIn(root)) names.add(key);
  return names;
}

/** Those that charts handle, and those that were seen: a child's end is named after the child. */
function eventsOf(): Set<string> {
  const types = new Set<string>();
  for (const { root } of session.store.charts.values()) {
    for (const [, node] of [['', root] as const, ...nodesIn(root)]) {
      for (const type of Object.keys(node.on ?? {})) if (!type.endsWith('*')) types.add(type);
    }
  }
  for (const type of session.store.types.list) if (type.includes('.')) types.add(type);
  return types;
}
