import { readFileSync } from 'node:fs';
import { createActor, toPromise } from 'xstate';
import { Family } from '../support/loops.ts';

/** Goes on from each of the persisted snapshots in a file, a line each, and prints what the runs return. */
for (const line of readFileSync(process.argv[2]!, 'utf8').split('\n')) {
  const actor = createActor(new Family().machine, { snapshot: JSON.parse(line), input: [] });
  const output = toPromise(actor);
  actor.start();
  process.stdout.write(`${JSON.stringify(await output)}\n`);
}
