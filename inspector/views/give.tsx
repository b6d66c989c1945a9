import { useSignal } from '@preact/signals';
import { clearRefusal } from '../page/run-settings.ts';
import { session } from '../page/session.ts';
import type { Wait } from '../run/waits.ts';

/** Gives a value to a step that waits for one. */
export function Give({ waits }: { waits: readonly Wait[] }) {
  const chosen = useSignal('');
  const text = useSignal('');
  const kind = useSignal<'JSON' | 'text'>('JSON');
  const fault = useSignal('');
  const wait = waits.find(({ key }) => key === chosen.value) ?? waits[0]!;
  const send = () => {
    const told = kind.value === 'JSON' ? jsonValue(text.value) : { value: text.value };
    if ('fault' in told) {
      fault.value = told.fault;
      return;
    }
    clearRefusal();
    session.give(wait.actor.root.id, { type: 'loop.give', key: wait.key, ...told });
    fault.value = '';
    text.value = '';
  };
  return (
    <form
      class="give"
      aria-label="Give a value"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {waits.length > 1 ? (
        <select
          aria-label="Key"
          value={wait.key}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          {waits.map(({ actor, key }) => (
            <option key={`${actor.id} ${key}`} value={key}>
              {key}
            </option>
          ))}
        </select>
      ) : (
        <code>{wait.key}</code>
      )}
      <input
        type="text"
        aria-label={`Value for ${wait.key}`}
        aria-invalid={fault.value !== ''}
        placeholder={kind.value === 'JSON' ? 'such as {"approved": true}; empty for nothing' : 'any text'}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          fault.value = '';
        }}
      />
      <select
        aria-label="What the value is"
        value={kind.value}
        onChange={(event) => {
          kind.value = event.currentTarget.value as 'JSON' | 'text';
          fault.value = '';
        }}
      >
        <option>JSON</option>
        <option>text</option>
      </select>
      <button type="submit" class="primary">
        Give
      </button>
      {fault.value ? (
        <span class="bad" role="alert">
          {fault.value}
        </span>
      ) : null}
    </form>
  );
}

/** What a text says as JSON: with nothing in it, no value. */
function jsonValue(text: string): { value?: unknown } | { fault: string } {
  if (text.trim() === '') return {};
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: 'This is no JSON. Put "…" around a text, or choose text.' };
  }
}
