import { paths } from 'loopchart/testing';
import { Sum } from './sum.ts';

/** What an app shows of a run: somebody has forgotten a state. */
const labels: Record<string, string> = {
  entering: 'Getting ready',
  resetting: 'Getting ready',
  starting: 'Getting ready',
  advancing: 'Adding',
  ending: 'Adding',
  finished: 'Done',
  aborted: 'Cancelled',
  failed: 'Failed',
};

const { paths: all, coverage } = paths(new Sum());
console.log(`${all.length} paths: ${coverage}`);
for (const { status, description } of all.slice(0, 3)) console.log(`  ${status}: ${description}`);

const wrong = all.filter((path) => {
  const shown: unknown[] = [];
  path.go((actor) => {
    actor.subscribe({ next: ({ value }) => shown.push(labels[value]), error: () => shown.push('Failed') });
  });
  return shown.includes(undefined);
});
console.log(`${wrong.length} of them have no label at some place, the first of them:`);
console.log(`  ${wrong[0]?.description}`);
