import { firstOddOf, firstOddWords, goTo } from '../page/alerts.ts';
import type { Path } from '../run/actor.ts';

/** Where a number of a loop was first NaN or infinite: a way there. Nothing where none was. */
export function FirstOdd({ path, inTree = false }: { path: Path; inTree?: boolean }) {
  const words = firstOddWords(path);
  const first = firstOddOf(path);
  if (!first || !words) return null;
  return (
    <button
      type="button"
      class="first-odd"
      tabIndex={inTree ? -1 : 0}
      title={`Go there: ${words}`}
      onClick={(event) => {
        event.stopPropagation();
        const actor = path.actors.findLast((one) => one.first <= first.row);
        if (actor) goTo({ actor, row: first.row });
      }}
    >
      {words}
    </button>
  );
}
