import { session } from './session.ts';

/** Below this there is room for the tree and one view beside it. */
const NARROW = '(max-width: 1099px)';

/** Keeps to how much room there is. */
export function startNarrow(): void {
  const query = matchMedia(NARROW);
  const fit = () => {
    session.narrow.value = query.matches;
  };
  fit();
  query.addEventListener('change', fit);
}
