import type { EventFrom, SnapshotFrom } from 'xstate';
import type { app } from './machine.ts';

interface Props {
  snapshot: SnapshotFrom<typeof app>;
  send(event: EventFrom<typeof app>): void;
}

export function Controls({ snapshot, send }: Props) {
  const can = (type: EventFrom<typeof app>['type']) => snapshot.can({ type });
  const hasBegun = (snapshot.context.progress?.steps ?? 0) > 0;
  const button = (type: EventFrom<typeof app>['type'], text: string) => (
    <button type="button" disabled={!can(type)} onClick={() => send({ type })}>
      {text}
    </button>
  );
  // The first button is what is done most likely now.
  const first = () => {
    if (can('pause')) return button('pause', 'Pause');
    if (can('again')) return button('again', snapshot.matches('over') ? 'Train again' : 'Try again');
    return button('start', hasBegun ? 'Resume' : 'Start');
  };
  return (
    <>
      {first()}
      {button('step', 'Step')}
      {button('stop', 'Stop')}
    </>
  );
}
