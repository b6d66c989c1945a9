import { Loop, type Stateful } from 'loopchart';
import { everyCut } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { Turns, turn } from './support/loops.ts';

/** Random numbers, one after another. */
class Sampler implements Stateful {
  x: number;
  constructor(x: number) {
    this.x = x;
  }
  next(): number {
    this.x = (this.x * 48271) % 2147483647;
    return this.x % 100;
  }
  stateDict() {
    return { x: this.x };
  }
  loadStateDict(dict: { x: number }) {
    this.x = dict.x;
  }
}

/** Draws a number in each of four steps, and has a child that is run only in the first. */
class Fit extends Loop<string> {
  override state: { drawn: number[]; ran: number; restarts?: number } = { drawn: [], ran: 0 };
  sampler: Sampler | null = new Sampler(7);
  samplers: Sampler[] = [new Sampler(1), new Sampler(2)];
  first: Turns = new Turns();
  work: Turns = new Turns();
  get done() {
    return this.state.drawn.length >= 4;
  }
  reset() {
    this.state = { drawn: [], ran: 0 };
  }
  async advance() {
    if (this.state.drawn.length === 0) this.state.ran = await this.first.run();
    await this.work.run();
    const drawn = [this.sampler!, ...this.samplers].map((one) => one.next());
    this.state.drawn.push(drawn[0]! + drawn[1]! + drawn[2]!);
  }
  override onRunEnd() {
    return [this.state.drawn, this.state.ran, this.first.state.n].join();
  }
}

/** What has to be the same from every cut, and through a snapshot as well. */
async function wherever(make: () => Fit, check: (resumed: () => Promise<unknown>, steps: number) => Promise<void>) {
  for (let steps = 1; steps <= 9; steps++) {
    const run = make().start({ paused: true });
    await run.step(steps);
    const snapshot = JSON.parse(JSON.stringify(run.actor.getPersistedSnapshot()));
    const from = JSON.parse(JSON.stringify(await run.suspend()));
    await check(() => make().start({ from }).output, steps);
    await check(() => {
      const actor = createActor(make().machine, { snapshot } as any);
      const output = toPromise(actor);
      actor.start();
      actor.send({ type: 'loop.resume' });
      return output;
    }, steps);
  }
}

const withRestart = (onRestart: (this: Fit) => unknown) => () => Object.assign(new Fit(), { onRestart });

describe('an onRestart that puts something else in the place of what was loaded is refused by the name of the field', () => {
  const wrong: { [what: string]: [field: string, onRestart: (this: Fit) => unknown] } = {
    'a Stateful object that is made anew': [
      'sampler',
      function () {
        this.sampler = new Sampler(7);
      },
    ],
    'one that is made anew later': [
      'sampler',
      async function () {
        await turn();
        this.sampler = new Sampler(7);
      },
    ],
    'one in a list': [
      'samplers.1',
      function () {
        this.samplers[1] = new Sampler(2);
      },
    ],
    'one that is kept elsewhere': [
      'sampler',
      function () {
        Object.assign(this, { before: this.sampler });
        this.sampler = new Sampler(7);
      },
    ],
    'one that is dropped': [
      'sampler',
      function () {
        this.sampler = null;
      },
    ],
    'a child that goes on in its middle': [
      'work',
      function () {
        this.work = new Turns();
      },
    ],
    'a child that has run': [
      'first',
      function () {
        this.first = new Turns();
      },
    ],
    'the state': [
      'state',
      function () {
        this.reset();
      },
    ],
  };
  for (const [what, [field, onRestart]] of Object.entries(wrong)) {
    test(what, async () => {
      const expected = await new Fit().run();
      let refused = 0;
      await wherever(withRestart(onRestart), async (resumed) => {
        const came: any = await resumed().catch((error: unknown) => error);
        // Where nothing has come of it yet, nothing is lost.
        if (came === expected) return;
        expect(came).toMatchObject({ code: 'MISCONFIGURATION', path: 'fit' });
        expect(came.message).toContain(`onRestart to leave \`${field}\` as it was loaded`);
        refused++;
      });
      expect(refused).toBeGreaterThan(5);
    });
  }
});

describe('an onRestart may be one', () => {
  const right: { [what: string]: (this: Fit) => unknown } = {
    'that makes an object anew with what was loaded': function () {
      this.sampler = new Sampler(this.sampler!.x);
    },
    'that makes a child anew with what was loaded, if it does not run': function () {
      if (this.state.ran > 0) this.first = Object.assign(new Turns(), { state: { ...this.first.state } });
    },
    'that puts an object around the one that was loaded': function () {
      const { sampler } = this;
      this.sampler = Object.assign(Object.create(Sampler.prototype), {
        next: () => sampler!.next(),
        stateDict: () => sampler!.stateDict(),
      });
    },
    'that puts what was loaded into another field': function () {
      const { sampler } = this;
      this.sampler = null;
      Object.assign(this, { sampler });
    },
    'that changes something in the state': function () {
      this.state.restarts = 1;
    },
    'that makes the same state anew': function () {
      this.state = { ...this.state };
    },
  };
  for (const [what, onRestart] of Object.entries(right)) {
    test(what, async () => {
      const expected = await new Fit().run();
      await wherever(withRestart(onRestart), async (resumed) => {
        expect(await resumed()).toBe(expected);
      });
    });
  }

  test('and onLoadCheckpoint may make anew what is loaded after that', async () => {
    class Made extends Fit {
      override onLoadCheckpoint(state: any) {
        this.state = state;
        this.sampler = new Sampler(7);
        this.samplers = [new Sampler(1), new Sampler(2)];
        this.work = new Turns();
        this.first = new Turns();
      }
      override onRestart() {}
    }
    const expected = await new Fit().run();
    await wherever(
      () => new Made(),
      async (resumed) => {
        expect(await resumed()).toBe(expected);
      },
    );
    await everyCut(() => new Made());
  });
});
