import { LoopError } from '../../data/errors.ts';
import { describe, type Held, isAlive, isElsewhere, type TakeOver, thisProcess, type Who } from '../holder.ts';
import { keyOf, type Tables } from './database.ts';

// Who writes a run is told by a row, which is looked at in the transaction of each save. Its token is new each time: a writer
// whose run was taken over finds another one there, and its save is taken back.

/** Takes a run; a row whose process is dead is replaced. @throws LoopError `STORE_BUSY` if another writer has it */
export function hold(tables: Tables, runId: string, token: string, who: Who, mayTakeOver: TakeOver): void {
  const holder = holderOf(tables, runId);
  if (holder !== undefined && isAlive(holder, who)) {
    const { pid, host, since } = holder;
    const isTaken = isElsewhere(holder, who) && mayTakeOver({ runId, pid, host, since });
    if (!isTaken) throw busy(runId, holder, who);
  }
  tables.get('hold').run(keyOf(runId), token, who.pid, who.host, who.born, Date.now());
}

/** @throws LoopError `STORE_BUSY` if the run was taken over since */
export function confirm(tables: Tables, runId: string, token: string): void {
  const holder = holderOf(tables, runId);
  if (holder?.token === token) return;
  const taker = holder === undefined ? 'its row is gone' : `${describe(holder, thisProcess())} has taken it over`;
  throw new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but ${taker}. Nothing was saved. ` +
      'End this run; to go on here, call `release(runId)` and start again from the newest checkpoint.',
  );
}

function holderOf(tables: Tables, runId: string): (Held & { token: string }) | undefined {
  const row = tables.get('holder').get(keyOf(runId)) as Record<string, unknown> | null | undefined;
  if (row === undefined || row === null) return undefined;
  const [token, host, born] = [String(row.token), String(row.host), String(row.born)];
  return { token, host, born, pid: Number(row.pid), since: Number(row.since) };
}

function busy(runId: string, holder: Held, who: Who): LoopError {
  return new LoopError(
    'STORE_BUSY',
    `Expected to be the only writer of run "${runId}", but it is held by ${describe(holder, who)}. ` +
      'Wait until that run has ended or stop it (`release(runId)` on its store), or use another run id.' +
      (isElsewhere(holder, who)
        ? ` Whether a process of another host still runs cannot be told from ${who.host}. ` +
          'If it is gone for certain, take the run over with sqliteStore(db, { takeOver: true }).'
        : ''),
  );
}
