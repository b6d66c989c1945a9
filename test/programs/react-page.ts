// A page of React, in StrictMode, whose components run loops as actors.
import { useActorRef, useMachine, useSelector } from '@xstate/react';
import { createElement, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { setup } from 'xstate';
import { Count } from '../support/worker-loops.ts';

/** In StrictMode, two for each component, and what the first began is ended. */
let mounts = 0;

function Counter() {
  // One loop for each time that the component is mounted.
  const [loop] = useState(() => new Count());
  useEffect(() => {
    mounts++;
  }, []);
  const actor = useActorRef(loop.machine);
  const n = useSelector(actor, ({ context }) => context.state?.n ?? 0);
  const value = useSelector(actor, (snapshot) => snapshot.value);
  const output = useSelector(actor, (snapshot) => snapshot.output);
  const press = (type: 'loop.pause' | 'loop.resume') => () => actor.send({ type });
  return createElement(
    'section',
    { id: 'counter' },
    createElement('p', null, `${value} ${n} ${output ?? ''}`),
    createElement('button', { id: 'pause', type: 'button', onClick: press('loop.pause') }),
    createElement('button', { id: 'resume', type: 'button', onClick: press('loop.resume') }),
  );
}

const app = setup({ actors: { count: new Count().machine } }).createMachine({
  initial: 'idle',
  states: {
    idle: { on: { go: 'counting' } },
    counting: { invoke: { src: 'count', onDone: 'counted' } },
    counted: {},
  },
});

function App() {
  const [snapshot, send] = useMachine(app);
  return createElement(
    'button',
    { id: 'app', type: 'button', onClick: () => send({ type: 'go' }) },
    String(snapshot.value),
  );
}

const root = createRoot(document.querySelector('main')!);
const both = createElement('div', null, createElement(Counter), createElement(App));
root.render(createElement(StrictMode, null, both));
Object.assign(window, { mounts: () => mounts, leave: () => root.unmount() });
