import { type Signal, signal } from '@preact/signals';
import { figure } from '../text/number.ts';
import { stackParts } from '../text/stack.ts';
import { visible } from '../text/value.ts';

/** The parts of stacks that were unfolded, by the path of the stack and their place in it. */
const unfolded: Signal<ReadonlySet<string>> = signal(new Set());

/** Where something was thrown, read as it was written. Frames of what runs the loops are folded. */
export function Stack({ text, path }: { text: string; path: string }) {
  const toggle = (key: string) => {
    const next = new Set(unfolded.value);
    if (!next.delete(key)) next.add(key);
    unfolded.value = next;
  };
  return (
    <span class="leaf string stack">
      {stackParts(text).map((part, at) => {
        const key = `${path} ${at}`;
        const isOpen = unfolded.value.has(key);
        if (!part.own) return <span key={key}>{visible(part.text)}</span>;
        return (
          <span key={key}>
            <button type="button" class="flat" aria-expanded={isOpen} onClick={() => toggle(key)}>
              {isOpen ? '▾' : '▸'} {figure(part.frames)} {part.frames === 1 ? 'frame' : 'frames'} of loopchart and Node
            </button>
            {isOpen ? visible(part.text) : null}
          </span>
        );
      })}
    </span>
  );
}
