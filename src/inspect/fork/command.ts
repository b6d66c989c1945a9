import type { StateEdit } from '../../checkpoint/edit.ts';
import type { Json } from '../../data/json.ts';
import { isRecord, only, received, textOf } from '../parts.ts';
import { plainFrom } from './value.ts';

/** A checkpoint is wanted to begin a fork from: the run as it stands at its next boundary, or what its store has kept. */
export interface TakeCommand {
  type: 'take';
  id: string;
  from: 'now' | 'saved';
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
  const { from } = command;
  if (from !== 'now' && from !== 'saved')
    throw new Error(`Expected \`from\` to be now or saved, got ${received(from)}.`);
  return { type: 'take', id: textOf(command.id, 'id'), from };
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
    ...(args === undefined ? {} : { args: args.map((arg) => plainFrom(arg)) }),
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
