import type { ComponentChildren } from 'preact';
import { opened } from '../page/opened-members.ts';
import { isPicked, togglePick } from '../page/plot-picks.ts';
import { session } from '../page/session.ts';
import { exact, figure, numberOf } from '../text/number.ts';
import { type Value, visible } from '../text/value.ts';
import { Exact } from '../widgets/exact.tsx';
import { Stack } from './stack.tsx';

/** Characters that fit into a line. */
export const LONG = 44;

interface LeafProps {
  value: Value;
  raw: unknown;
  /** It was there before: it is on no plot any more. */
  gone: boolean;
  path: string;
  /** In place of the value's own. */
  text?: string | undefined;
}

/** A value in which there is nothing more to open. */
export function Leaf({ value, raw, gone, path, text }: LeafProps): ComponentChildren {
  if (value.kind === 'branch')
    return (
      <span class="leaf dim">
        {value.type === 'Array' ? '[]' : value.type === 'Object' ? '{}' : `${value.type} (0)`}
      </span>
    );
  if (value.kind === 'cut') {
    const ask = session.source.value?.send && value.ref;
    return (
      <span class="leaf cut" title="The recorder cut this value because it is too large or too deep">
        {value.type}, {figure(value.size)}, cut here
        {ask ? (
          <button type="button" class="flat" onClick={() => session.fetch(value.ref, value.digest)}>
            fetch
          </button>
        ) : null}
      </span>
    );
  }
  const number = value.type === 'number' ? numberOf(raw) : undefined;
  const digits = text ?? value.text;
  const whole = number === undefined ? undefined : exact(number);
  const [root, ...keys] = path.split('\u0000');
  const loop = session.actor.value?.path.name;
  if (number !== undefined && !gone && root === 'state' && keys.length && loop) {
    const on = isPicked(loop, keys);
    return (
      <button
        type="button"
        class={`leaf number ${Number.isFinite(number) ? '' : 'odd'}`}
        aria-pressed={on}
        title={`${whole}: ${on ? 'take it off the plot' : 'plot this number over the steps'}`}
        data-exact={digits === whole ? undefined : whole}
        onClick={() => togglePick(loop, keys)}
      >
        {digits}
      </button>
    );
  }
  if (value.type === 'string' && path.endsWith('\u0000stack')) return <Stack text={value.text} path={path} />;
  if (value.type === 'string' && (value.text.length > LONG || value.text.includes('\n')))
    return <Text text={value.text} path={path} />;
  return (
    <Exact class={`leaf ${value.type}`} exact={whole}>
      {value.type === 'string' ? visible(JSON.stringify(value.text)) : digits}
    </Exact>
  );
}

/** A text that does not fit into a line: opened, it is read as it was written. */
function Text({ text, path }: { text: string; path: string }) {
  const isOpen = opened.value.get(path) ?? false;
  return (
    <button
      type="button"
      class={`leaf string text ${isOpen ? 'open' : ''}`}
      aria-expanded={isOpen}
      title={isOpen ? 'Fold' : 'Read all of it'}
      onClick={() => {
        opened.value = new Map(opened.value).set(path, !isOpen);
      }}
    >
      {visible(isOpen ? text : JSON.stringify(text))}
    </button>
  );
}
