import type { Checkpoint } from '../../checkpoint/contents.ts';
import { Damage } from '../../checkpoint/header.ts';
import type { PassedOver } from '../../checkpoint/unreadable.ts';
import { LoopError } from '../../data/errors.ts';
import { decode, readHeader } from '../format.ts';

/** A checkpoint as it stands in the table. */
export interface Row {
  seq: number;
  bytes: Uint8Array;
}

/** The checkpoint in a row; of one that is damaged, undefined. @throws LoopError `CHECKPOINT_UNREADABLE` */
export function readIn(runId: string, { seq, bytes }: Row, passedOver: PassedOver[]): Checkpoint | undefined {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whose = readHeader(buffer).facts.runId;
    if (whose !== runId) throw new Damage(`it is of run "${whose}"`);
    return decode(buffer);
  } catch (error) {
    if (error instanceof LoopError) throw error;
    passedOver.push({ which: `checkpoint ${seq}`, cause: error as Error });
    return undefined;
  }
}
