import { closeFork, type Forking, forking } from '../page/forking.ts';
import { session } from '../page/session.ts';
import { Modal } from '../widgets/modal.tsx';
import { ForkChanges, Refused } from './fork-changes.tsx';
import { ForkMomentList } from './fork-moments.tsx';

/** Asks what another run is to begin with, beside the one that it is a fork of. */
export function ForkDialog() {
  const now = forking.value;
  return now ? <Dialog key={now.id} now={now} /> : null;
}

function Dialog({ now }: { now: Forking }) {
  const actor = session.store.actors.get(now.id);
  const name = actor?.path.run.name ?? now.id;
  const waits = now.from === 'now' ? 'Waiting until it is between two steps…' : 'Waiting for the checkpoint…';
  return (
    <Modal class="fork" label={`Fork ${name}`} onClose={closeFork}>
      <h2>Fork {name}</h2>
      <p>Another run begins beside it, with a loop of its own. {name} goes on as if nothing had happened.</p>
      <ForkMomentList now={now} root={actor} />
      {now.offer ? (
        <ForkChanges key={now.offer.checkpoint} now={now} offer={now.offer} close={closeFork} />
      ) : (
        <>
          {now.refused ? <Refused reason={now.refused} /> : <p role="status">{waits}</p>}
          <div class="buttons">
            <button type="button" onClick={closeFork}>
              Cancel
            </button>
          </div>
        </>
      )}
    </Modal>
  );
}
