import { nestNow } from '../page/nest-now.ts';
import { boxesAround, lookInto, whole } from '../page/nest-sight.ts';
import { session } from '../page/session.ts';
import { figure } from '../text/number.ts';

/** The boxes around the one that is looked into, each a way back to it. */
export function Around() {
  session.version.value;
  const around = boxesAround().slice(0, -1);
  if (!around.length) return null;
  return (
    <span class="around">
      {around.map((box) => (
        <button
          key={box.key}
          type="button"
          class={`flat hue${box.paths[0]!.hue}`}
          title={`Show ${box.key} and what is in it`}
          onClick={() => lookInto(box)}
        >
          {box.name} ›
        </button>
      ))}
    </span>
  );
}

/** Where levels of boxes are folded: the way to all of them at once, and back. */
export function Levels({ isFolded }: { isFolded: boolean }) {
  session.version.value;
  if (!isFolded && !whole.value) return null;
  const loops = nestNow().boxes.reduce((sum, { paths }) => sum + paths.length, 0);
  return (
    <button
      type="button"
      aria-pressed={whole.value}
      title="Show all levels of loops, however little room there is"
      onClick={() => {
        whole.value = !whole.value;
      }}
    >
      all {figure(loops)} loops
    </button>
  );
}
