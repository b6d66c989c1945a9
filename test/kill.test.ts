import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { random } from './support/trees.ts';

const kills = process.env.LOOPCHART_LONG === undefined ? 20 : 200;
const seed = Number(process.env.LOOPCHART_SEED ?? Date.now() % 1_000_000);

let scratch: string;
const running = new Set<ChildProcess>();

// Compiled once: a process then starts in a tenth of the time, and dies at its work rather than at its start.
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'loopchart-kill-'));
  await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: join(import.meta.dirname, 'programs/sweep.ts'),
      outDir: scratch,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'sweep.mjs' } },
    },
    ssr: { noExternal: true, resolve: { conditions: ['loopchart-source'] } },
  });
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

interface Life {
  killed: boolean;
  /** Lines that it wrote to its log, as far as this process has heard. */
  heard: number;
}

/** Runs the program once; it is killed `delay` ms after the given number of lines, or at its end. */
function live(dir: string, lines = Infinity, delay = 0): Promise<Life> {
  const child = spawn(process.execPath, [join(scratch, 'sweep.mjs'), dir, `${dir}.log`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  return new Promise((resolve, reject) => {
    let heard = 0;
    let killing = false;
    let complaints = '';
    const look = (): void => {
      if (killing || heard < lines) return;
      killing = true;
      setTimeout(() => child.kill('SIGKILL'), delay);
    };
    child.stdout.on('data', (dots: Buffer) => {
      heard += dots.length;
      look();
    });
    child.stderr.on('data', (text: Buffer) => {
      complaints += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      if (complaints === '' && (code === 0 || signal === 'SIGKILL')) resolve({ killed: signal !== null, heard });
      else reject(new Error(`The program ended with ${code ?? signal}.\n${complaints}`));
    });
    look();
  });
}

interface Log {
  /** What has taken effect, by loop. */
  effects: Record<string, string[]>;
  end: string;
}

type Line = [kind: string, rest: string];

function linesOf(dir: string): Line[] {
  const lines = readFileSync(`${dir}.log`, 'utf8').trimEnd().split('\n');
  return lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

/** The log of a run that nobody killed. */
function whole(dir: string): Log {
  const log: Log = { effects: {}, end: '' };
  for (const [kind, rest] of linesOf(dir)) {
    if (kind === 'end') log.end = rest;
    if (kind !== 'step' && kind !== 'once') continue;
    const loop = rest.slice(0, rest.indexOf(' '));
    log.effects[loop] ??= [];
    log.effects[loop].push(`${kind} ${rest}`);
  }
  return log;
}

/**
 * Holds the log of all lives of a run against that of an uninterrupted one. Each life goes on from the last checkpoint
 * that was acknowledged, or from one that was being saved when the life before was killed; and from there on everything
 * takes effect in its order. So what an acknowledged checkpoint has seen takes effect once, and the rest once more a kill.
 */
function check(lines: Line[], expected: Log): { repeated: number; unacknowledged: number } {
  const seen = { repeated: 0, unacknowledged: 0 };
  let done: Record<string, number> = {};
  let saved: { which: string; done: typeof done } = { which: 'anew', done: {} };
  let saving: typeof saved | undefined;
  for (const [i, [kind, rest]] of lines.entries()) {
    const where = `line ${i + 1}: ${kind} ${rest}`;
    if (kind === 'start') {
      expect([saved.which, saving?.which], where).toContain(rest);
      if (rest !== saved.which) {
        saved = saving!;
        seen.unacknowledged++;
      }
      saving = undefined;
      const count = (of: typeof done): number => Object.values(of).reduce((sum, n) => sum + n, 0);
      seen.repeated += count(done) - count(saved.done);
      done = { ...saved.done };
    } else if (kind === 'saving') {
      saving = { which: rest, done: { ...done } };
    } else if (kind === 'saved') {
      expect(saving, where).toEqual({ which: rest, done });
      saved = saving!;
      saving = undefined;
    } else if (kind === 'end') {
      expect(rest, where).toBe(expected.end);
    } else {
      const loop = rest.slice(0, rest.indexOf(' '));
      done[loop] ??= 0;
      expect(`${kind} ${rest}`, where).toBe(expected.effects[loop]?.[done[loop]++]);
    }
  }
  expect(lines.at(-1)?.[0]).toBe('end');
  for (const [loop, effects] of Object.entries(expected.effects)) expect(done[loop], loop).toBe(effects.length);
  return seen;
}

test(`a process that is killed ${kills} times does each step that was acknowledged once (seed ${seed})`, {
  timeout: 900_000,
}, async () => {
  const next = random(seed);
  const pick = (n: number) => Math.floor(next() * n);
  const undisturbed = join(scratch, 'undisturbed');
  const { heard } = await live(undisturbed);
  const expected = whole(undisturbed);
  expect(check(linesOf(undisturbed), expected)).toEqual({ repeated: 0, unacknowledged: 0 });

  const total = { killed: 0, repeated: 0, unacknowledged: 0 };
  let runs = 0;
  // Two at once: while one process starts, the other is at work.
  await Promise.all([oneAfterAnother(), oneAfterAnother()]);
  expect(total.killed).toBeGreaterThanOrEqual(kills);
  // What the kills must have met for this to say anything.
  expect(total.repeated).toBeGreaterThan(0);

  async function oneAfterAnother(): Promise<void> {
    while (total.killed < kills) {
      const dir = join(scratch, `run${runs++}`);
      try {
        let life: Life;
        do {
          const last = total.killed >= kills;
          // Most often a while after its start; now and then before it has begun, and at its very end.
          life = await live(dir, last ? Infinity : pick(pick(4) === 0 ? heard : 40), next() * 6);
          if (life.killed) total.killed++;
        } while (life.killed);
        const seen = check(linesOf(dir), expected);
        total.repeated += seen.repeated;
        total.unacknowledged += seen.unacknowledged;
      } catch (error) {
        (error as Error).message = `seed ${seed} (LOOPCHART_SEED=${seed}): ${(error as Error).message}`;
        throw error;
      }
    }
  }
});
