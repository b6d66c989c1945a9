import type { StateEdit } from '../../checkpoint/edit.ts';
import type { Json } from '../../data/json.ts';
import { isRecord, only, received, textOf } from '../parts.ts';
import { itemFrom, plainFrom } from './value.ts';

/**
 * Where a checkpoint comes from: the run as it stands at its next boundary; its store, the newest or the one of a number;
 * or those that were taken for pages before.
 */
export interface From {
  kind: 'now' | 'store' | 'taken';
  number?: number;
  /** As the page has said it. */
  said: string;
}

/** A checkpoint is wanted to begin a fork from. */
export interface TakeCommand {
  type: 'take';
  id: string;
  from: From;
}

/** The checkpoints of a run are wanted that forks can be begun from. */
export interface MomentsCommand {
  type: 'moments';
  id: string;
}

/** A fork is to be begun from a checkpoint that was taken for this page. */
export interface ForkCommand {
  type: 'fork';
  checkpoint: number;
  edits: StateEdit[];
  args?: Json[];
  paused: boolean;
}

const mostEdits = 1000;

/** @throws Error that says what is wrong with it */
export function parseTake(command: Record<string, unknown>): TakeCommand {
  only(command, 'type', 'id', 'from');
  return { type: 'take', id: textOf(command.id, 'id'), from: fromOf(command.from) };
}

/** @throws Error that says what is wrong with it */
export function parseMoments(command: Record<string, unknown>): MomentsCommand {
  only(command, 'type', 'id');
  return { type: 'moments', id: textOf(command.id, 'id') };
}

function fromOf(from: unknown): From {
  if (from === 'now') return { kind: 'now', said: from };
  if (from === 'saved') return { kind: 'store', said: from };
  const [said, kind, number] = /^(store|taken):(\d{1,15})$/.exec(typeof from === 'string' ? from : '') ?? [];
  if (said === undefined)
    throw new Error(`Expected \`from\` to be now, saved, store:1 or taken:1, with any number, got ${received(from)}.`);
  return { kind: kind as 'store' | 'taken', number: Number(number), said };
}

/** @throws Error that says what is wrong with it */
export function parseFork(command: Record<string, unknown>): ForkCommand {
  only(command, 'type', 'checkpoint', 'edits', 'args', 'paused');
  const { checkpoint, edits = [], args, paused = false } = command;
  if (!Number.isSafeInteger(checkpoint))
    throw new Error(`Expected \`checkpoint\` to be the number of one that was taken, got ${received(checkpoint)}.`);
  if (!Array.isArray(edits) || edits.length > mostEdits)
    throw new Error(`Expected \`edits\` to be a list of at most ${mostEdits}, got ${received(edits)}.`);
  if (args !== undefined && !Array.isArray(args))
    throw new Error(`Expected \`args\` to be a list, got ${received(args)}.`);
  if (typeof paused !== 'boolean') throw new Error(`Expected \`paused\` to be true or false, got ${received(paused)}.`);
  return {
    type: 'fork',
    checkpoint: checkpoint as number,
    edits: edits.map(editOf),
    ...(args === undefined ? {} : { args: args.map((arg) => itemFrom(arg)) }),
    paused,
  };
}

function editOf(edit: unknown): StateEdit {
  if (!isRecord(edit)) throw new Error(`Expected an edit to be an object, got ${received(edit)}.`);
  only(edit, 'loop', 'at', 'value');
  const at = textOf(edit.at, 'at', 8000);
  if (at !== '' && at[0] !== '/')
    throw new Error(`Expected \`at\` to be a JSON pointer such as \`/rate\`, got ${received(at)}.`);
  const { value } = edit;
  return { loop: textOf(edit.loop, 'loop'), at, ...(value === undefined ? {} : { value: plainFrom(value) }) };
}
