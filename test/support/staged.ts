import { Loop } from 'loopchart';
import { turn } from './loops.ts';

/** What the hooks of the two loops below tell, and what one of them does when it comes to its place. */
export interface Script {
  log: string[];
  place: string;
  act: () => void;
  acted: boolean;
  /** Hooks take a turn of the event loop. */
  slow: boolean;
  /** The step of `Outer` that runs, which tells whether `Inner` is skipped. */
  outer: number;
  /** Steps of `Inner`. */
  taken: number;
}

function hit(script: Script, line: string): void {
  script.log.push(line);
  if (script.acted || script.place !== line) return;
  script.acted = true;
  script.act();
  script.log.push('*');
}

abstract class Staged extends Loop<string> {
  override state = { n: 0, told: '' };
  readonly script: Script;
  abstract readonly name: string;

  constructor(script: Script) {
    super();
    this.script = script;
  }

  hook(name: string): any {
    hit(this.script, `${this.name}.${name}`);
    return this.script.slow ? turn() : undefined;
  }

  get done() {
    hit(this.script, `${this.name}.done${this.state.n}`);
    return this.state.n >= 2;
  }

  override get skip() {
    hit(this.script, `${this.name}.skip`);
    return false;
  }

  reset() {
    if (!this.restarting) this.state = { n: 0, told: '' };
    return this.hook('reset');
  }

  override onRunStart() {
    return this.hook('onRunStart');
  }

  override onAdvanceStart() {
    return this.hook(`onAdvanceStart${this.state.n}`);
  }

  override onAdvanceEnd() {
    return this.hook(`onAdvanceEnd${this.state.n}`);
  }

  advance(): any {
    this.state.n++;
    return this.hook(`advance${this.state.n}`);
  }

  override async onRunEnd() {
    await this.hook('onRunEnd');
    return `${this.name}${this.state.n}${this.state.told}`;
  }

  override async onSkip() {
    await this.hook('onSkip');
    return 'skipped';
  }
}

class Inner extends Staged {
  readonly name = 'inner';

  override get skip() {
    hit(this.script, 'inner.skip');
    return this.script.outer === 2;
  }
}

export class Outer extends Staged {
  readonly name = 'outer';
  inner: Inner;

  constructor(script: Script) {
    super(script);
    this.inner = new Inner(script);
  }

  override async advance() {
    this.script.outer = ++this.state.n;
    await this.hook(`advance${this.state.n}`);
    this.state.told += ` ${await this.inner.run()}`;
  }
}

export function makeScript(place: string, slow: boolean): Script {
  return { log: [], place, act: () => {}, acted: false, slow, outer: 0, taken: 0 };
}

/** The same two loops as plain loops. Yields before each step; `stops`: the act is a stop, which is looked for there. */
export function* plain(script: Script, stops = false): Generator<void> {
  function* loop(name: string, advance: ((n: number) => Generator<void>) | undefined): Generator<void> {
    hit(script, `${name}.skip`);
    if (name === 'inner' && script.outer === 2) return hit(script, 'inner.onSkip');
    hit(script, `${name}.reset`);
    hit(script, `${name}.onRunStart`);
    hit(script, `${name}.done0`);
    for (let n = 0; n < 2 && !(stops && script.acted); ) {
      yield;
      hit(script, `${name}.onAdvanceStart${n}`);
      n++;
      if (name === 'outer') script.outer = n;
      hit(script, `${name}.advance${n}`);
      if (advance === undefined) script.taken++;
      else yield* advance(n);
      hit(script, `${name}.onAdvanceEnd${n}`);
      hit(script, `${name}.done${n}`);
    }
    hit(script, `${name}.onRunEnd`);
  }
  yield* loop('outer', () => loop('inner', undefined));
}
