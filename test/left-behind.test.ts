import { beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from './support/program.ts';

interface Case {
  shape: string;
  way: string;
  /** `run()`, `start()`, or `start()` with an observer. */
  mode: 'alone' | 'started' | 'watched';
  status: string;
  unhandled: string[];
  cleanedUp: string[];
}

let cases: Case[];

beforeAll(async () => {
  cases = await runProgram('left-behind.ts');
}, 120_000);

const ends = {
  suspend: 'suspended',
  abort: 'aborted',
  'what is awaited fails': 'failed',
  'it throws itself': 'failed',
  'it ends itself': 'finished',
  'it goes on': 'finished',
  'a resume asks for something else': 'failed: RESUME_MISMATCH',
};

describe('what a step has begun and would have awaited later', () => {
  test('ends no process when the step never comes to that, however it was begun and the step is left', () => {
    expect(cases.filter(({ unhandled }) => unhandled.length > 0)).toEqual([]);
    expect(cases.length).toBeGreaterThan(200);
  });

  test('changes nothing about how the run ends: a suspend is one, also where the step sleeps beside a `once`', () => {
    const others = cases.filter(({ way, status }) => status !== ends[way as keyof typeof ends]);
    expect(others).toEqual([]);
  });

  test('is told, and can clean up, where it is awaited together with others', () => {
    const together = cases.filter(({ shape }) => shape === 'several functions that are awaited together');
    expect(together.map(({ cleanedUp }) => cleanedUp.join())).toEqual(together.map(() => 'a,b,c'));
    expect(together.length).toBeGreaterThan(10);
  });

  test('is told as well where the step catches, and awaits it then', () => {
    const catches = cases.filter(({ shape }) => shape === 'a step that catches, and awaits the other then');
    expect(catches.every(({ cleanedUp }) => cleanedUp.includes('load'))).toBe(true);
    const awaited = cases.filter(({ shape }) => shape === 'a function that is awaited');
    expect(awaited.every(({ cleanedUp }) => cleanedUp.includes('before that'))).toBe(true);
  });
});
