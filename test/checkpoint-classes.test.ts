import { type Checkpoint, Loop } from 'loopchart';
import { describe, expect, test } from 'vitest';
import { type AnyActorRef, createActor, toPromise } from 'xstate';
import { Turns, turn } from './support/loops.ts';

class Easy extends Turns<string> {
  override onRunEnd() {
    return 'easy';
  }
}
class Hard extends Easy {
  override onRunEnd() {
    return 'hard';
  }
}

/** A curriculum: puts a harder child in the place of the first after two steps. */
class Course extends Loop<string> {
  override state: { said: string[] } = { said: [] };
  train: Easy = new Easy();
  get done() {
    return this.state.said.length >= 4;
  }
  reset() {
    this.state.said = [];
  }
  async advance() {
    this.state.said.push(await this.train.run());
  }
  override onAdvanceEnd() {
    if (this.state.said.length === 2) this.harder();
  }
  harder() {
    this.replace({ train: Hard });
  }
  override onRunEnd() {
    return this.state.said.join();
  }
}

/** Makes it again from the state. */
class Again extends Course {
  override onLoadCheckpoint(state: any) {
    this.state = state;
    if (this.state.said.length >= 2) this.harder();
  }
}

const whole = 'easy,easy,hard,hard';

async function suspendedAt(loop: Course, steps: number, from?: Checkpoint): Promise<Checkpoint> {
  const run = loop.start({ paused: true, ...(from === undefined ? {} : { from }) });
  await run.step(steps);
  return JSON.parse(JSON.stringify(await run.suspend()));
}

describe('a child of another class that the run has put in the place of one', () => {
  for (const [how, make] of Object.entries({
    'by replace': () => new Course(),
    'by setting the field': () =>
      Object.assign(new Course(), {
        harder(this: Course) {
          this.train = new Hard();
        },
      }),
  })) {
    test(`${how} is missed by name where the run goes on, and before that all is as ever`, async () => {
      for (let steps = 1; steps <= 7; steps++) {
        const from = await suspendedAt(make(), steps);
        expect(from.classes).toEqual(steps < 4 ? undefined : { train: 'Hard' });
        const resume = () => make().start({ from }).output;
        if (from.classes === undefined) expect(await resume()).toBe(whole);
        else expect(resume).toThrow(expect.objectContaining({ code: 'CHECKPOINT_MISMATCH', path: 'course' }));
        if (from.classes !== undefined) expect(resume).toThrow('Expected a Hard in `train`, which the run had put');
      }
    });
  }

  test('is missed where an actor goes on from a snapshot, and may be put there', async () => {
    for (let steps = 1; steps <= 7; steps++) {
      const persisted = (machine: any, options: object, more: number) =>
        persistedAfter(createActor(machine, options as any), more);
      const snapshot = await persisted(new Again().machine, { input: [] }, steps);
      expect(snapshot.classes).toEqual(steps < 4 ? undefined : { train: 'Hard' });
      expect(JSON.parse(JSON.stringify(createActor(new Again().machine, { snapshot }).getPersistedSnapshot()))).toEqual(
        snapshot,
      );
      const goOn = (loop: Course, from = snapshot) => {
        const actor = createActor(loop.machine, { snapshot: from });
        const output = toPromise(actor);
        actor.start();
        if (actor.getSnapshot().status === 'active') actor.send({ type: 'loop.resume' });
        return output;
      };
      expect(await goOn(new Again())).toBe(whole);
      if (snapshot.classes === undefined) continue;
      await expect(goOn(new Course())).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH', path: 'course' });
      const course = new Course();
      course.harder();
      expect(await goOn(course)).toBe(whole);
      // Of one that goes on from it, and of one that goes on from a checkpoint.
      if (steps >= 6) continue;
      const later = await persisted(new Again().machine, { snapshot }, 1);
      expect(later.classes).toEqual({ train: 'Hard' });
      const run = new Again().start({ from: await suspendedAt(new Again(), steps), paused: true });
      expect(run.actor.getPersistedSnapshot()).toMatchObject({ classes: { train: 'Hard' } });
      run.resume();
      expect(await run.output).toBe(whole);
    }
  });

  async function persistedAfter(actor: AnyActorRef, steps: number): Promise<any> {
    actor.start();
    for (let i = 0; i < steps; i++) {
      actor.send({ type: 'loop.step' });
      for (let i = 0; i < 20; i++) await turn();
    }
    const snapshot = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()));
    actor.stop();
    return snapshot;
  }

  test('may be put there by onLoadCheckpoint, or before the run is started, also twice over', async () => {
    for (let steps = 1; steps <= 6; steps++) {
      const from = await suspendedAt(new Again(), steps);
      expect(await new Again().start({ from }).output).toBe(whole);
      const later = await suspendedAt(new Again(), 1, from);
      expect(await new Again().start({ from: later }).output).toBe(whole);
      if (later.classes === undefined) continue;
      expect(() => new Course().start({ from: later })).toThrow('Expected a Hard in `train`');
      const course = new Course();
      course.harder();
      expect(await course.start({ from: later }).output).toBe(whole);
    }
  });

  test('is named no more where the first is there again, and `migrate` may leave it out', async () => {
    class Back extends Course {
      override onAdvanceEnd() {
        if (this.state.said.length === 1) this.harder();
        if (this.state.said.length === 2) this.replace({ train: Easy });
      }
    }
    expect((await suspendedAt(new Back(), 3)).classes).toEqual({ train: 'Hard' });
    const from = await suspendedAt(new Back(), 5);
    expect(from.classes).toBeUndefined();
    expect(await new Back().start({ from }).output).toBe('easy,hard,easy,easy');
    const named = await suspendedAt(new Course(), 5);
    const migrate = ({ classes: _, ...rest }: Checkpoint) => rest;
    expect(await new Course().start({ from: named, migrate }).output).toBe('easy,easy,easy,easy');
  });

  test('is part of what the checksum is of', async () => {
    const from = await suspendedAt(new Course(), 5);
    expect(() => new Course().start({ from: { ...from, classes: { train: 'Easy' } } })).toThrow('damaged or changed');
  });
});
