// A worker that several pages share, each of which has a run of its own.
import { serve } from 'loopchart/worker';
import { Count } from '../support/worker-loops.ts';

Object.assign(self, {
  onconnect: ({ ports: [port] }: { ports: [MessagePort] }) => serve(() => new Count(), { port }),
});
