/** What may have made a run differ. */
export type CauseKind = 'random' | 'time' | 'field' | 'restart' | 'argument' | 'effect' | 'shared' | 'unknown';

/** A likely cause of a difference. */
export interface Cause {
  kind: CauseKind;
  /** What is wrong, and how that was found out. */
  says: string;
  /** What to do. */
  advice: string;
}
