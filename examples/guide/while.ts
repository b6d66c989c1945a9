// A newsletter, sent by a plain while loop.
import { setTimeout as sleep } from 'node:timers/promises';

const readers = ['ada', 'grace', 'alan', 'edsger'];

async function send(reader: string): Promise<void> {
  await sleep(20);
  console.log('sent to', reader);
}

let next = 0;
while (next < readers.length) {
  await send(readers[next]!);
  next++;
}
console.log(`${next} sent`);
