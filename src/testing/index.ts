export type { Coverage, Covered } from './paths/coverage.ts';
export type { PathSnapshot, PathStep } from './paths/map.ts';
export { type Path, type PathsOptions, paths } from './paths/paths.ts';
export { compareGolden, type GoldenDifference, type GoldenTransition } from './recording/compare.ts';
export { goldenText } from './recording/golden.ts';
export { type RecordRunArguments, type RecordRunOptions, recordRun } from './recording/record-run.ts';
export { showDifference } from './recording/show.ts';
