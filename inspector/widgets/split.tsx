import { useRef } from 'preact/hooks';
import { type Border, paneSizes, resetPaneSize, setPaneSize } from '../page/pane-sizes.ts';

const LABELS: Record<Border, string> = {
  tree: 'Width of the tree',
  state: 'Width of the state',
  log: 'Height of the log',
  timeline: 'Height of the timeline',
};
const STEP = 24;

/**
 * A border that can be dragged, or moved by the arrow keys; a double click or Home puts it back.
 * It stands inside the part that it sizes, whose edge it lies on.
 */
export function Split({ name }: { name: Border }) {
  const element = useRef<HTMLDivElement>(null);
  const held = useRef<{ at: number; size: number } | null>(null);
  const upright = name === 'tree' || name === 'state';
  // Towards where the part grows.
  const sign = name === 'tree' || name === 'timeline' ? 1 : -1;
  const sizeNow = () => {
    const part = element.current!.parentElement!;
    return upright ? part.offsetWidth : part.offsetHeight;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved
    <div
      ref={element}
      class={`split of-${name} ${upright ? 'upright' : 'level'}`}
      role="separator"
      tabIndex={0}
      aria-label={LABELS[name]}
      aria-orientation={upright ? 'vertical' : 'horizontal'}
      aria-valuenow={paneSizes.value[name] ?? 0}
      aria-valuetext={paneSizes.value[name] === undefined ? 'as the page has it' : `${paneSizes.value[name]} pixels`}
      title={`${LABELS[name]}: drag, or arrow keys; double click to put it back`}
      onPointerDown={(event) => {
        held.current = { at: upright ? event.clientX : event.clientY, size: sizeNow() };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const from = held.current;
        if (from) setPaneSize(name, from.size + ((upright ? event.clientX : event.clientY) - from.at) * sign);
      }}
      onPointerUp={() => {
        held.current = null;
      }}
      onPointerCancel={() => {
        held.current = null;
      }}
      onDblClick={() => resetPaneSize(name)}
      onKeyDown={(event) => {
        const [less, more] = upright ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
        const by = event.key === more ? 1 : event.key === less ? -1 : 0;
        if (by) setPaneSize(name, sizeNow() + by * STEP * sign);
        else if (event.key === 'Home') resetPaneSize(name);
        else return;
        // Arrows mean time everywhere else.
        event.preventDefault();
      }}
    />
  );
}
