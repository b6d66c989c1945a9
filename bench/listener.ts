import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

/** What a listener has heard of a run, when it hears that the run has ended. */
export interface Heard {
  /** Lines, among them so many that end a step. */
  lines: number;
  steps: number;
  /** Lines that the numbers say there are, and that did not come. */
  missing: number;
}

export interface Listener {
  /** What it has heard of the next run to end. */
  heard(): Promise<Heard>;
  close(): void;
}

/** A page without a screen, in a process of its own: what it takes to read the lines is not the run's. */
export async function listen(url: string): Promise<Listener> {
  const child = fork(fileURLToPath(import.meta.url), [url], { env: { ...process.env, LOOPCHART_BENCH_LISTENS: '1' } });
  await once(child, 'message');
  return {
    heard: async () => (await once(child, 'message'))[0] as Heard,
    close: () => void child.kill(),
  };
}

if (process.env.LOOPCHART_BENCH_LISTENS !== undefined && process.send !== undefined) connect(process.argv[2]!);

function connect(address: string): void {
  const { host, origin, hash } = new URL(address);
  const token = hash.slice('#token='.length);
  const socket = new WebSocket(`ws://${host}/ws?since=0&rows`, [`tok.${token}`], { origin, perMessageDeflate: false });
  let last = 0;
  let heard: Heard = { lines: 0, steps: 0, missing: 0 };
  const take = (line: any) => {
    if (Array.isArray(line)) {
      // A step that differs by its numbers from one before it, as the page has most of them.
      const [, seq] = line;
      heard.missing += seq - last - 1;
      last = seq;
      heard.lines++;
      heard.steps++;
      return;
    }
    if (line.type === 'hello') {
      process.send!('connected');
      return;
    }
    if (line.type === 'settings') return;
    // What the program no longer holds comes as one line that says so.
    heard.missing += line.type === 'lagged' ? line.count : line.seq - last - 1;
    last = line.seq;
    heard.lines++;
    if (line.event?.type === 'loop.advanced') heard.steps++;
    if (line.parent !== undefined || line.status === undefined || line.status === 'active') return;
    process.send!(heard);
    heard = { lines: 0, steps: 0, missing: 0 };
  };
  socket.on('message', (data) => {
    for (const item of JSON.parse(String(data))) take(item);
  });
  socket.on('close', () => process.exit());
  process.on('disconnect', () => process.exit());
}
