import { batch } from '@preact/signals';
import { session } from '../page/session.ts';
import type { Actor } from '../run/actor.ts';
import { type AppStanding, appsAt, chainAbove } from '../run/apps-at.ts';
import { figure } from '../text/number.ts';
import { Mark } from '../widgets/phase-mark.tsx';

/** So many boxes are drawn; of more, how many. */
const DRAWN = 24;

/** Looks at an actor of the app: its chart, and what it holds. */
function open({ actor, begun }: AppStanding): void {
  batch(() => {
    session.select(actor.id, begun === 1);
    session.pane.value = 'chart';
  });
}

/**
 * The actors of the app around the loops: above, the machines that the run is invoked by, one in the other; beside
 * them all others.
 */
export function AppActors() {
  const { store } = session;
  const now = session.now.value;
  const all = appsAt(store, now);
  if (!all.length) return null;
  const root = session.run.value?.root;
  const chain = chainAbove(store, root);
  const above = chain.flatMap((one) => all.find(({ path }) => path === one.path) ?? []);
  const beside = all.filter((one) => !above.includes(one));
  return (
    <section class="apps" aria-label="Actors of the app">
      {beside.length ? (
        <div class="beside">
          {beside.slice(0, DRAWN).map((one) => (
            <AppBox key={one.name} standing={one} />
          ))}
          {beside.length > DRAWN ? <span class="dim">{figure(beside.length - DRAWN)} more, in the tree</span> : null}
        </div>
      ) : null}
      {above.length ? (
        <div class="above">
          {above.map((one) => (
            <AppBox key={one.name} standing={one} />
          ))}
          <span class="runs dim">invokes {root?.name} ↓</span>
        </div>
      ) : null}
    </section>
  );
}

function AppBox({ standing }: { standing: AppStanding }) {
  const { actor, name, kind, phase, words, begun, running } = standing;
  return (
    <button
      type="button"
      class={`app-box ${phase}`}
      data-actor={name}
      aria-current={isLookedAt(actor) ? 'true' : undefined}
      title={`${actor.id}${actor.loop && actor.loop !== name ? ` (${actor.loop})` : ''}: what it does and holds`}
      onClick={() => open(standing)}
    >
      <Mark phase={phase} />
      <b class="name">{name}</b>
      {begun > 1 ? (
        <span class="dim">
          × {figure(begun)}
          {running > 1 ? `, ${figure(running)} go on` : ''}
        </span>
      ) : null}
      <span class="kind">{kind}</span>
      <span class="words">{words}</span>
    </button>
  );
}

const isLookedAt = ({ path }: Actor): boolean => session.actor.value?.path === path;
