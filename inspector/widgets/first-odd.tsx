import { firstOddOf, goTo } from '../page/alerts.ts';
import type { Path } from '../run/actor.ts';
import { keysText } from '../run/held.ts';
import { exact, figure } from '../text/number.ts';

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

/** "loss NaN, first at step 53"; nothing where all numbers of a loop are finite. */
export function firstOddWords(path: Path): string | undefined {
  const first = firstOddOf(path);
  return first && `${keysText(first.keys)} ${exact(first.value)}, first at step ${figure(first.step)}`;
}
