import { compareGolden, goldenText, recordRun, showDifference } from 'loopchart/testing';
import { Sum } from './sum.ts';

const { recording } = await recordRun(new Sum(), { args: [[1, 2]] });
const golden = goldenText(recording);
console.log(golden.split('\n').slice(0, 12).join('\n'));

// The loop is changed: it forgets to begin at 0.
const changed = new Sum();
changed.reset = () => {
  changed.state = { round: 1, total: 0 };
};

const now = await recordRun(changed, { args: [[1, 2]] });
const difference = compareGolden(golden, now.recording, 'recordings/sum.golden');
console.log();
console.log(difference === undefined ? 'The same.' : showDifference(difference, 'recordings/sum.golden'));
