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
/** A pause was asked for. In the middle of an epoch it is the loop of its batches that stands. */
let isPaused = false;

actor.subscribe(show);

function show(): void {
  const { status: life, value, context, output } = actor.getSnapshot();
  go.textContent = isPaused ? 'Resume' : 'Pause';
  go.disabled = stop.disabled = life !== 'active';
  step.disabled = life !== 'active' || !isPaused;
  const epoch = context.state?.epoch ?? 0;
  bar.value = epoch;
  draw(canvas, context.state?.picture ?? []);
  const standing = isPaused ? 'paused' : value;
  status.textContent =
    output === undefined
      ? `${standing}, after ${epoch} epochs`
      : `After ${output.epochs} epochs: loss ${output.loss.toFixed(4)}, weights ${output.fingerprint}`;
}

go.onclick = () => {
  isPaused = !isPaused;
  actor.send({ type: isPaused ? 'loop.pause' : 'loop.resume' });
  show();
};
step.onclick = () => actor.send({ type: 'loop.step' });
stop.onclick = () => actor.send({ type: 'loop.stop', reason: 'enough' });

actor.start();
