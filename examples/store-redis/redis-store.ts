import { randomUUID } from 'node:crypto';
import { type Checkpoint, type CheckpointInfo, type CheckpointStore, LoopError } from 'loopchart';

/** Sends a command. Of node-redis: `(...command) => client.sendCommand(command)`; of ioredis: `(...[name, ...rest]) => client.call(name, ...rest)`. */
export type Redis = (...command: string[]) => Promise<unknown>;

const hash = 'loopchart:runs';
// Redis keeps bytes, and UTF-8 has none for half of a pair of surrogates.
const fieldOf = (runId: string) => JSON.stringify(runId);
const lockOf = (runId: string) => `loopchart:lock:${fieldOf(runId)}`;
const infoIn = (value: string) => JSON.parse(value.slice(0, value.indexOf('\n'))) as CheckpointInfo;

function checkpointIn(value: string | null, runId: string): Checkpoint | undefined {
  try {
    return value === null ? undefined : (JSON.parse(value.slice(value.indexOf('\n'))) as Checkpoint);
  } catch (cause) {
    throw new LoopError('CHECKPOINT_UNREADABLE', `The checkpoint of run "${runId}" is damaged.`, '', { cause });
  }
}

/** Keeps the newest checkpoint of each run. Who writes a run has a lease on it, which is renewed until the process dies. */
export function redisStore(redis: Redis, leaseMs = 30_000): Required<CheckpointStore> {
  const leases = new Map<string, { token: string; renewal: NodeJS.Timeout }>();
  const read = async (runId: string) => (await redis('HGET', hash, fieldOf(runId))) as string | null;
  const busy = (runId: string) => new LoopError('STORE_BUSY', `Expected to be the only writer of run "${runId}".`);

  async function acquire(runId: string): Promise<void> {
    const token = randomUUID();
    const taken = await redis('SET', lockOf(runId), token, 'NX', 'PX', `${leaseMs}`);
    if (taken !== 'OK') throw busy(runId);
    const renew = () => void redis('PEXPIRE', lockOf(runId), `${leaseMs}`).catch(() => {});
    leases.set(runId, { token, renewal: setInterval(renew, leaseMs / 3).unref() });
  }

  async function release(runId: string): Promise<void> {
    const lease = leases.get(runId);
    leases.delete(runId);
    clearInterval(lease?.renewal);
    if (lease !== undefined && (await redis('GET', lockOf(runId))) === lease.token) await redis('DEL', lockOf(runId));
  }

  return {
    acquire,
    release,
    async save(runId, checkpoint) {
      // At once: the run goes on and changes what it has given.
      const json = JSON.stringify(checkpoint);
      if (!leases.has(runId)) await acquire(runId);
      if ((await redis('GET', lockOf(runId))) !== leases.get(runId)?.token) throw busy(runId);
      const before = await read(runId);
      const seq = before === null ? 1 : infoIn(before).seq + 1;
      const info: CheckpointInfo = { runId, seq, steps: checkpoint.position.steps, savedAt: Date.now() };
      await redis('HSET', hash, fieldOf(runId), `${JSON.stringify(info)}\n${json}`);
    },
    load: async (runId) => checkpointIn(await read(runId), runId),
    async loadAt(runId, seq) {
      const value = await read(runId);
      return value !== null && infoIn(value).seq === seq ? checkpointIn(value, runId) : undefined;
    },
    async list(runId) {
      const values = runId === undefined ? ((await redis('HVALS', hash)) as string[]) : [await read(runId)];
      const infos = values.filter((value) => value !== null).map(infoIn);
      return infos.sort((a, b) => a.savedAt - b.savedAt);
    },
    async delete(runId) {
      await redis('HDEL', hash, fieldOf(runId));
      await release(runId);
    },
  };
}
