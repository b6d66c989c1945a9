export { compareGolden, type GoldenDifference, type GoldenTransition } from './recording/compare.ts';
export { goldenText } from './recording/golden.ts';
export { type RecordRunArguments, type RecordRunOptions, recordRun } from './recording/record-run.ts';
export { showDifference } from './recording/show.ts';
