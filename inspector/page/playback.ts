import { meeting } from './breakpoint-search.ts';
import { settings } from './run-settings.ts';
import { session } from './session.ts';

let frame = 0;

/** Plays the recording on from the moment that is shown, or from its start where that is the end. */
export function togglePlay(): void {
  cancelAnimationFrame(frame);
  const { store, playing } = session;
  playing.value = !playing.value && store.end > 0;
  if (!playing.value) return;
  if (session.now.value >= store.last) session.jump(store.first);
  const meets = meeting(settings.value.points);
  let clock = store.t(session.now.value);
  let before = performance.now();
  const tick = () => {
    if (!playing.value || session.store !== store) return;
    const now = performance.now();
    clock += (now - before) * session.tempo.value;
    before = now;
    // Somebody moved the slider meanwhile: go on from there.
    const shown = store.t(session.now.value);
    if (Math.abs(shown - clock) > Math.max(2000, 500 * session.tempo.value)) clock = shown;
    const row = store.rowOfTime(clock);
    // A breakpoint on the way halts it.
    for (let at = session.now.value + 1; at <= row; at++) {
      if (!meets(at)) continue;
      session.jump(at);
      playing.value = false;
      return;
    }
    if (row > session.now.value) session.jump(row);
    if (row >= store.last) {
      playing.value = false;
      return;
    }
    frame = requestAnimationFrame(tick);
  };
  frame = requestAnimationFrame(tick);
}
