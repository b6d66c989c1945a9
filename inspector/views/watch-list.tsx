import { session } from '../page/session.ts';
import { toggleWatched, type WatchedNow, watchedNow } from '../page/watched.ts';
import { NOTHING } from '../run/difference.ts';
import { keysText } from '../run/held.ts';
import { brief, visible } from '../text/value.ts';
import { Curve } from '../widgets/curve.tsx';

/** What is watched: it stays in sight whichever loop is looked at. */
export function WatchList() {
  session.version.value;
  const list = watchedNow();
  if (!list.length) return null;
  return (
    <ul class="watched" aria-label="Watched">
      {list.map((one) => (
        <One key={one.name} one={one} />
      ))}
    </ul>
  );
}

function One({ one }: { one: WatchedNow }) {
  const { path, keys, value, points } = one;
  const text = keysText(keys[0] === 'state' && keys.length > 1 ? keys.slice(1) : keys);
  const newest = path.actors.at(-1);
  return (
    <li>
      <button
        type="button"
        class="flat"
        title={`Look at ${path.name}`}
        onClick={() => {
          if (newest) session.select(newest.id);
        }}
      >
        <span class={`hue${path.hue}`}>{path.name.slice(path.name.lastIndexOf('.') + 1)}</span> {visible(text)}
      </button>
      <span class="exactly">{value === NOTHING ? '–' : brief(value, 60, true)}</span>
      {points.length > 1 ? <Curve values={points} /> : null}
      <button type="button" class="flat icon" aria-label={`Watch ${text} no more`} onClick={() => toggleWatched(one)}>
        ✕
      </button>
    </li>
  );
}
