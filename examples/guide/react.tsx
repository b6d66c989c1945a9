// A component that has a loop of its own, and shows where it stands.
import { useActorRef, useSelector } from '@xstate/react';
import { Loop } from 'loopchart';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

class Search extends Loop<string> {
  override state = { total: 200, tried: 0 };

  get done(): boolean {
    return this.state.tried >= this.state.total;
  }

  reset(): void {
    this.state.tried = 0;
  }

  async advance(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.state.tried++;
  }

  override onRunEnd(): string {
    return `tried ${this.state.tried}`;
  }
}

function SearchPanel() {
  const [search] = useState(() => new Search());
  const actor = useActorRef(search.machine);
  const value = useSelector(actor, (snapshot) => snapshot.value);
  const tried = useSelector(actor, ({ context }) => context.state?.tried ?? 0);
  const output = useSelector(actor, (snapshot) => snapshot.output);
  const isPaused = value === 'paused';
  return (
    <section>
      <progress max={search.state.total} value={tried} />
      <button type="button" onClick={() => actor.send({ type: isPaused ? 'loop.resume' : 'loop.pause' })}>
        {isPaused ? 'Resume' : 'Pause'}
      </button>
      <output>{output ?? value}</output>
    </section>
  );
}

createRoot(document.querySelector('main')!).render(
  <StrictMode>
    <SearchPanel />
  </StrictMode>,
);
