import type { SnapshotFrom } from 'xstate';
import type { app } from './machine.ts';
import { points } from './training/spirals.ts';

/** In words and as a bar: at which step the training is, or what has come of it. */
export function Standing({ snapshot }: { snapshot: SnapshotFrom<typeof app> }) {
  const { progress } = snapshot.context;
  const { epoch = 0, total = 40 } = progress?.loops[0].state ?? {};
  return (
    <section>
      <progress max={total} value={epoch} aria-label="Epochs" />
      <p role="status">{words(snapshot)}</p>
    </section>
  );
}

function words(snapshot: SnapshotFrom<typeof app>): string {
  const { progress, result, error } = snapshot.context;
  if (snapshot.matches('elsewhere')) return 'Another tab is training. When that is closed, this one takes over.';
  if (snapshot.matches('failed')) return error;
  if (result !== undefined) {
    const { epochs, loss, right, fingerprint } = result;
    return `After ${epochs} epochs: ${right} of ${points.length} points right, loss ${loss.toFixed(4)}, weights ${fingerprint}`;
  }
  if (progress === undefined || progress.loops[0].value === 'entering') return 'Looking for what was saved';
  const { epoch = 0, total = 40 } = progress.loops[0].state ?? {};
  const how = progress.loops.at(-1)?.value === 'paused' ? 'Paused' : 'Training';
  return `${how} in epoch ${Math.min(epoch + 1, total)} of ${total}, after ${progress.steps} steps`;
}
