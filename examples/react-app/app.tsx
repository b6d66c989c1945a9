import { useMachine } from '@xstate/react';
import { Controls } from './controls.tsx';
import { LossPlot } from './loss-plot.tsx';
import { app } from './machine.ts';
import { Picture } from './picture.tsx';
import { Standing } from './standing.tsx';

export function App() {
  const [snapshot, send] = useMachine(app);
  const train = snapshot.context.progress?.loops[0].state;
  return (
    <main>
      <header>
        <h1>Two spirals</h1>
        <p>
          A net learns to tell them apart, in a worker. Reload the page whenever you like: the training goes on from
          where it was, and comes to the same, to the last bit.
        </p>
      </header>
      <nav>
        <Controls snapshot={snapshot} send={send} />
        <a href="./inspector/index.html#channel=loopchart" target="inspector">
          Open the inspector
        </a>
      </nav>
      <Standing snapshot={snapshot} />
      <div className="views">
        <figure>
          <figcaption>What the net thinks</figcaption>
          <Picture picture={train?.picture ?? []} />
        </figure>
        <figure>
          <figcaption>Loss, by epoch</figcaption>
          <LossPlot losses={train?.losses ?? []} epochs={train?.total ?? 40} />
        </figure>
      </div>
    </main>
  );
}
