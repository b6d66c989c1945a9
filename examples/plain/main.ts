// A page of plain TypeScript: all that it has of the library is the machine of the loop.
import { createActor } from 'xstate';
import { draw } from '../react-app/draw.ts';
import { Train } from '../react-app/training/loops.ts';
import '../react-app/style.css';

const find = <E extends Element>(selector: string) => document.querySelector<E>(selector)!;
const go = find<HTMLButtonElement>('#go');
const step = find<HTMLButtonElement>('#step');
const stop = find<HTMLButtonElement>('#stop');
const bar = find<HTMLProgressElement>('progress');
const canvas = find<HTMLCanvasElement>('canvas');
const status = find('[role=status]');

const actor = createActor(new Train().machine, { input: [7] });

actor.subscribe((snapshot) => {
  const { value, context, output } = snapshot;
  const isPaused = snapshot.matches('paused');
  go.textContent = isPaused ? 'Resume' : 'Pause';
  go.disabled = stop.disabled = snapshot.status !== 'active';
  step.disabled = !isPaused;
  const epoch = context.state?.epoch ?? 0;
  bar.value = epoch;
  draw(canvas, context.state?.picture ?? []);
  status.textContent =
    output === undefined
      ? `${value}, after ${epoch} epochs`
      : `After ${output.epochs} epochs: loss ${output.loss.toFixed(4)}, weights ${output.fingerprint}`;
});

go.onclick = () => actor.send({ type: actor.getSnapshot().matches('paused') ? 'loop.resume' : 'loop.pause' });
step.onclick = () => actor.send({ type: 'loop.step' });
stop.onclick = () => actor.send({ type: 'loop.stop', reason: 'enough' });

actor.start();
