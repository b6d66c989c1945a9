import type { Actor } from '../run/actor.ts';

/** A loop's name and which running it is: where there is little room, the name is cut and not the number. */
export function Short({ actor }: { actor: Actor | undefined }) {
  if (!actor) return null;
  const { name, occurrence } = actor;
  return (
    <span class="short" style={{ '--nth': `${occurrence.length + 1}ch` }}>
      <span>{name}</span>
      {occurrence && `#${occurrence}`}
    </span>
  );
}
