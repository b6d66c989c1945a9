import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type IcicleBox, type IcicleNode, icicleBoxes, icicleOf } from '../drawing/icicle.ts';
import { lastLoop } from '../run/number-name.ts';
import type { LoopTime } from '../run/time-spent.ts';
import { duration } from '../text/time.ts';
import { useRoom } from '../widgets/element-size.ts';

/** The pixels of a row. */
const ROW = 24;
/** Narrower boxes cannot be pressed. */
const LEAST = 24;

interface IcicleProps {
  times: readonly LoopTime[];
  /** The key of the row that is chosen. */
  chosen: string | undefined;
  onChoose: (node: IcicleNode) => void;
}

/** Where the time went, as boxes below one another: each as wide as its part of the one above. A press goes into one. */
export function Icicle({ times, chosen, onChoose }: IcicleProps) {
  const field = useRef<HTMLElement>(null);
  const { width } = useRoom(field).value;
  const zoomed = useSignal('');
  const roots = icicleOf(times);
  const boxes = width ? icicleBoxes(roots, zoomed.value, LEAST / width) : [];
  const rows = boxes.reduce((most, { row }) => Math.max(most, row + 1), 0);
  return (
    <section ref={field} class="icicle" aria-label="Icicle of the times" style={{ height: `${rows * ROW}px` }}>
      {boxes.map((one) => (
        <Box
          key={one.node.key}
          box={one}
          width={width}
          chosen={one.node.key === chosen}
          onPress={() => {
            // Pressed again, what is zoomed gives way to what lies around it.
            const isZoomed = zoomed.value === one.node.key;
            const above = boxes.find(({ row, node }) => row === one.row - 1 && node.inside.includes(one.node));
            zoomed.value = isZoomed ? (above?.node.key ?? '') : one.node.inside.length ? one.node.key : zoomed.value;
            onChoose(one.node);
          }}
        />
      ))}
    </section>
  );
}

interface BoxProps {
  box: IcicleBox;
  width: number;
  chosen: boolean;
  onPress: () => void;
}

function Box({ box: { node, row, from, to, crowded }, width, chosen, onPress }: BoxProps) {
  const { loop, hook, ms } = node;
  const name = hook ? hook.hook : lastLoop(loop.path);
  const part = `${duration(ms)}${hook ? ' by itself' : ' in all'}`;
  const what = hook ? `${hook.hook} of ${loop.path}` : loop.path;
  return (
    <button
      type="button"
      class={hook ? 'hook' : `loop bar${loop.hue}`}
      aria-pressed={chosen}
      title={`${what}: ${part}${crowded ? '; what ran in it ran at the same time, and is drawn narrower' : ''}`}
      style={{
        left: `${from * width}px`,
        top: `${row * ROW}px`,
        width: `${Math.max(LEAST, (to - from) * width - 1)}px`,
      }}
      onClick={onPress}
    >
      {name} <small>{duration(ms)}</small>
    </button>
  );
}
