export type { Cause, CauseKind } from './cuts/cause.ts';
export { CutError } from './cuts/cut-error.ts';
export { everyCut } from './cuts/every-cut.ts';
export type { MadeLoop } from './cuts/made.ts';
export type { FirstDifference } from './cuts/measured.ts';
export type { EveryCutOptions } from './cuts/options.ts';
export type { CutPlace } from './cuts/place.ts';
export type { CutReport } from './cuts/report.ts';
