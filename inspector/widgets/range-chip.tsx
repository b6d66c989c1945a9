import { session } from '../page/session.ts';
import { duration } from '../text/time.ts';

/** Says that only a part of the time is shown, and is the way back to all of it. */
export function Range() {
  const range = session.range.value;
  if (!range) return null;
  return (
    <button
      type="button"
      class="chip"
      title="Show all of the time again (Esc)"
      onClick={() => {
        session.range.value = null;
      }}
    >
      {duration(range.to - range.from)} selected ✕
    </button>
  );
}
