import { Loop, Progress } from 'loopchart';
import { describeLoop } from 'loopchart/testing';
import { describe, expect, test } from 'vitest';
import { createActor, createMachine, fromCallback } from 'xstate';

const called: string[] = [];

class Batches extends Loop<number, [lr: number]> {
  override state = { batch: 0, loss: Number.NaN };
  readonly counters: Progress = new Progress();
  readonly model = { stateDict: () => ({}), loadStateDict: () => {} };

  get done() {
    called.push('done');
    return true;
  }

  reset() {
    called.push('reset');
  }

  advance() {
    called.push('advance');
  }

  override onAdvanceEnd() {
    called.push('onAdvanceEnd');
  }
}

class Fold extends Loop {
  readonly batches: Batches = new Batches();

  get done() {
    return true;
  }

  reset() {}

  advance() {}
}

class Fit extends Loop<string, [name: string]> {
  override state = { epoch: 0 };
  readonly folds: Fold[] = [new Fold(), new Fold(), new Fold()];
  readonly 'a "b" & <c>': Batches = new Batches();

  override get skip() {
    called.push('skip');
    return false;
  }

  get done() {
    return true;
  }

  reset() {}

  advance() {}

  override onRunEnd() {
    return '';
  }

  override onSkip() {
    return '';
  }
}

const described = describeLoop(new Fit());

test('as data: hooks of its own, keys, fields and children of each loop; no hook is called', () => {
  expect(called).toEqual([]);
  const batches = {
    loop: 'Batches',
    hooks: ['reset', 'advance', 'onAdvanceEnd'],
    state: ['batch', 'loss'],
    progress: ['counters'],
    stateful: ['model'],
    children: [],
  };
  expect(described.tree).toMatchObject({
    name: 'fit',
    path: 'fit',
    loop: 'Fit',
    hooks: ['skip', 'onSkip', 'reset', 'advance', 'onRunEnd'],
    state: ['epoch'],
    progress: [],
  });
  const { children } = described.tree;
  expect(children.map(({ path }) => path)).toEqual(['fit.folds.0', 'fit.folds.1', 'fit.folds.2', 'fit.a "b" & <c>']);
  expect(children[1]!.children).toEqual([{ name: 'batches', path: 'fit.folds.1.batches', ...batches }]);
});

test('as text, in which loops of an array that are alike are one', () => {
  expect(`\n${described.text()}`).toBe(`
fit: Fit
│ hooks: skip, onSkip, reset, advance, onRunEnd
│ state: epoch
├─ folds.0 … folds.2: 3 × Fold
│  │ hooks: reset, advance
│  └─ batches: Batches
│       hooks: reset, advance, onAdvanceEnd
│       state: batch, loss
│       progress: counters
│       stateful: model
└─ a "b" & <c>: Batches
     hooks: reset, advance, onAdvanceEnd
     state: batch, loss
     progress: counters
     stateful: model
`);
  expect(String(described)).toBe(described.text());
});

test('those that are not alike are told one by one', () => {
  const fit = new Fit();
  fit.folds[1]!.state = { more: 1 };
  const text = describeLoop(fit).text();
  for (const title of ['folds.0: Fold', 'folds.1: Fold', 'folds.2: Fold']) expect(text).toContain(title);
});

describe('as a state diagram of Mermaid', () => {
  const lines = described.mermaid().trimEnd().split('\n');

  test('each line is one that Mermaid knows, blocks are closed, and arrows lead to states that are there', () => {
    expect(lines[0]).toBe('stateDiagram-v2');
    const place = String.raw`(?:\[\*\]|\w+)`;
    const line = new RegExp(`^(?:state "[^"]+" as \\w+(?: \\{)?|${place} --> ${place}(?: : [\\w ]+)?|\\})$`);
    const known = new Set([...described.mermaid().matchAll(/ as (\w+)/g)].map(([, id]) => id));
    let depth = 0;
    for (const text of lines.slice(1).map((one) => one.trim())) {
      expect(text).toMatch(line);
      depth += text.endsWith('{') ? 1 : text === '}' ? -1 : 0;
      expect(depth).toBeGreaterThanOrEqual(0);
      const [from, to] = text.includes('-->') ? text.split(' : ')[0]!.split(' --> ') : [];
      for (const id of [from, to]) if (id !== undefined && id !== '[*]') expect(known).toContain(id);
    }
    expect(depth).toBe(0);
  });

  test('shows the hooks in order, and children within the step of their parent', () => {
    const text = described.mermaid();
    expect(text).toContain('[*] --> loop1_reset\n');
    expect(text).toContain('[*] --> loop1_onSkip : skip');
    expect(text).toContain('loop3_advance --> loop3_onAdvanceEnd');
    expect(text).toContain('state "a #quot;b#quot; & <c>: Batches" as loop4 {');
    expect(text.indexOf('as loop1_step {')).toBeLessThan(text.indexOf('as loop2 {'));
  });
});

test('as a picture, in which nothing stands outside of the box that it is in', () => {
  const svg = described.svg();
  expect(svg).toContain('a &quot;b&quot; &amp; &lt;c&gt;: Batches');
  expect(svg).toContain('prefers-color-scheme: dark');
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number) as [number, number, number];
  const number = (tag: string, key: string) => Number(new RegExp(` ${key}="([\\d.]+)"`).exec(tag)![1]);
  const rects = [...svg.matchAll(/<rect [^>]+>/g)].map(([tag]) => tag);
  // Fit; three sheets for the folds, with one loop in them; one more.
  expect(rects.length).toBe(6);
  for (const rect of rects) {
    expect(number(rect, 'x') + number(rect, 'width')).toBeLessThanOrEqual(width);
    expect(number(rect, 'y') + number(rect, 'height')).toBeLessThanOrEqual(height);
  }
  for (const [tag, text] of svg.matchAll(/<text [^>]+>([^<]*)</g)) {
    expect(number(tag, 'x') + text!.replaceAll(/&\w+;/g, '_').length * 7).toBeLessThan(width);
    expect(number(tag, 'y')).toBeLessThan(height);
  }
});

describe('as the JSON of a machine', () => {
  const json = JSON.parse(JSON.stringify(described.machine()));
  const hooks = ['skip', 'onSkip', 'reset', 'onRunStart', 'advance', 'onRunEnd', 'fail', 'abort'];
  const prefixes = ['', 'folds-0.', 'folds-0.batches.', 'folds-1.', 'folds-2.', 'a "b" & <c>.'];

  /** The machine that is made of it, with hooks that do nothing. */
  function actorOf() {
    const actors = Object.fromEntries(
      prefixes.flatMap((prefix) => hooks.map((hook) => [prefix + hook, fromCallback(() => {})])),
    );
    const guards = Object.fromEntries(
      ['skips', 'ended', 'over', 'held', 'wasOver', 'left'].map((name) => [
        name,
        ({ event }: any) => event.output === name || event.is === name,
      ]),
    );
    return createActor(createMachine(json).provide({ actors, guards } as any)).start();
  }

  const send = (actor: ReturnType<typeof actorOf>, ...types: string[]) => {
    for (const type of types) actor.send({ type } as any);
  };

  const begun = ['xstate.done.actor.skip', 'xstate.done.actor.reset', 'xstate.done.actor.onRunStart'];

  test('createMachine takes it, and it goes as a loop does', () => {
    const actor = actorOf();
    expect(actor.getSnapshot().value).toBe('entering');
    send(actor, ...begun);
    expect(actor.getSnapshot().value).toEqual({
      advancing: { 'folds-0': 'idle', 'folds-1': 'idle', 'folds-2': 'idle', 'a "b" & <c>': 'idle' },
    });
    send(actor, 'loop.advanced');
    actor.send({ type: 'loop.advanced', is: 'over' } as any);
    expect(actor.getSnapshot().value).toBe('ending');
    send(actor, 'xstate.done.actor.onRunEnd');
    expect(actor.getSnapshot()).toMatchObject({ value: 'finished', status: 'done' });
  });

  test('children run in it, are over, and run again; an abort ends all', () => {
    const actor = actorOf();
    send(actor, ...begun, 'folds-0.loop.run');
    const child = () => (actor.getSnapshot().value as any).advancing['folds-0'];
    expect(child()).toEqual({ running: 'entering' });
    send(actor, ...begun.map((type) => type.replace('actor.', 'actor.folds-0.')), 'folds-0.batches.loop.run');
    expect(child()).toEqual({ running: { advancing: { batches: { running: 'entering' } } } });
    send(actor, 'folds-0.batches.loop.failed');
    expect(child()).toEqual({ running: { advancing: { batches: 'idle' } } });
    actor.send({ type: 'folds-0.loop.advanced', is: 'over' } as any);
    send(actor, 'xstate.done.actor.folds-0.onRunEnd');
    expect(child()).toBe('idle');
    send(actor, 'folds-0.loop.run', 'loop.abort');
    expect(actor.getSnapshot().value).toBe('aborted');
  });

  test('it says of each state which hook it calls, and whether the loop has it', () => {
    expect(json.states.resetting).toMatchObject({ description: 'Calls reset.', invoke: { id: 'reset', src: 'reset' } });
    expect(json.states.starting.description).toBe('The loop has no onRunStart of its own.');
    expect(json.states.advancing.states['a "b" & <c>'].meta).toMatchObject({
      loop: 'Batches',
      state: ['batch', 'loss'],
    });
  });
});

test('loops that are wired wrongly are refused, as by a run', () => {
  const fit = new Fit();
  (fit.folds as Fold[]).push(fit.folds[0]!);
  expect(() => describeLoop(fit)).toThrow('stands in two places');
  expect(() => describeLoop(Fit as never)).toThrow('describeLoop expected a loop, got `class Fit`');
});
