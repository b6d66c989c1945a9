import { figure } from '../text/number.ts';
import type { Actor } from './actor.ts';
import type { Store } from './store.ts';

/** `fit#1 at step 53`: from which run a fork was begun, and where that stood; nothing for a run that is none. */
export function forkedFrom(store: Store, { forkOf }: Actor): string | undefined {
  if (!forkOf) return undefined;
  const name = store.actors.get(forkOf.id)?.path.run.name ?? forkOf.id;
  return `${name} at step ${figure(forkOf.steps)}`;
}
