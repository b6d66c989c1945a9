import { useSignal } from '@preact/signals';
import { clearRefusal } from '../page/run-settings.ts';
import { session } from '../page/session.ts';
import type { Actor } from '../run/actor.ts';
import { takesIn } from '../run/takes.ts';

/** Of what is chosen, that another event is typed in. No event is called so, as it would need a name. */
const ANOTHER = '';

/** Promises and observables take no events. */
const DEAF = new Set(['promise', 'observable']);

/** Sends an actor of the app an event: one that its state takes, or any other. */
export function Send({ actor, value }: { actor: Actor; value: string }) {
  const chosen = useSignal<string | undefined>(undefined);
  const typed = useSignal('');
  const payload = useSignal('');
  const fault = useSignal('');
  const { store } = session;
  if (!session.controllable || actor.isClosed || actor.ended || DEAF.has(actor.kind)) return null;
  const chart = store.charts.get(actor.chart);
  const { now, other } = chart ? takesIn(chart.root, value) : { now: [], other: [] };
  const known = [...now, ...other];
  const choice = chosen.value !== undefined && [...known, ANOTHER].includes(chosen.value) ? chosen.value : known[0];
  const type = choice === undefined || choice === ANOTHER ? typed.value.trim() : choice;
  const send = () => {
    const told = payloadOf(payload.value);
    if (type === '') fault.value = 'Say which event: its type.';
    else if ('fault' in told) fault.value = told.fault;
    else {
      clearRefusal();
      session.sendTo(actor.id, { ...told.payload, type });
      fault.value = '';
    }
  };
  return (
    <form
      class="send"
      aria-label="Send an event"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {known.length ? (
        <select
          aria-label="Event"
          value={choice}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
            fault.value = '';
          }}
        >
          {now.length ? <Group label="taken in this state" types={now} /> : null}
          {other.length ? <Group label="taken in others" types={other} /> : null}
          <option value={ANOTHER}>another…</option>
        </select>
      ) : null}
      {choice === undefined || choice === ANOTHER ? (
        <input
          type="text"
          class="type"
          aria-label="Type of the event"
          placeholder="event"
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            fault.value = '';
          }}
        />
      ) : null}
      <input
        type="text"
        class="payload"
        aria-label="What comes with it, as JSON"
        aria-invalid={fault.value !== ''}
        placeholder={'with, such as {"item": "tea"}'}
        value={payload.value}
        onInput={(event) => {
          payload.value = event.currentTarget.value;
          fault.value = '';
        }}
      />
      <button type="submit" class="primary">
        Send to {actor.name}
      </button>
      {fault.value ? (
        <span class="bad" role="alert">
          {fault.value}
        </span>
      ) : null}
    </form>
  );
}

const Group = ({ label, types }: { label: string; types: string[] }) => (
  <optgroup label={label}>
    {types.map((type) => (
      <option key={type} value={type}>
        {type}
      </option>
    ))}
  </optgroup>
);

/** What a text says as JSON: an object, or with nothing in it, nothing more. */
function payloadOf(text: string): { payload: Record<string, unknown> } | { fault: string } {
  if (text.trim() === '') return { payload: {} };
  try {
    const payload = JSON.parse(text) as unknown;
    if (typeof payload === 'object' && payload !== null && !Array.isArray(payload))
      return { payload: payload as Record<string, unknown> };
    return { fault: 'Expected an object, such as {"item": "tea"}: its keys stand beside the type.' };
  } catch {
    return { fault: 'This is no JSON: keys and texts stand in "…".' };
  }
}
