// Steps that wait for what another step, or somebody outside, does only once something is saved, which cannot be saved beside
// them, for they may be changing a model. The clock goes a hundred times as fast.
const clock = performance.now.bind(performance);
const { setTimeout } = globalThis;
const speed = 100;
performance.now = () => clock() * speed;
globalThis.setTimeout = ((call: () => void, ms: number) => setTimeout(call, ms / speed)) as typeof setTimeout;
const { LoopError, memoryStore } = await import('loopchart');
const { Gate, Lock, Team, Three, Two, turns, Weights } = await import('../support/after-saving.ts');
const { turn } = await import('../support/loops.ts');

const warnings: string[] = [];
process.on('warning', (warning) => {
  if (warning.name === 'LoopchartWarning') warnings.push(warning.message);
  else throw warning;
});

/** What the run came to, what was said of it, and what was given before it was saved. */
async function runs(make: (watched: boolean) => InstanceType<typeof Team | typeof Two>): Promise<void> {
  for (const inspect of [[], [() => {}]]) {
    const run = make(inspect.length > 0).start({
      id: 'a',
      store: memoryStore(),
      every: 'step',
      durability: 'sync',
      inspect,
    });
    const output = await run.output;
    // A warning is told in the next turn.
    await turn();
    console.log(JSON.stringify({ output, warnings: warnings.splice(0) }));
  }
}

const scenarios: { [name: string]: () => Promise<void> } = {
  lock: () =>
    runs(() => {
      const lock = new Lock();
      const ask = (of: InstanceType<typeof Three>) => lock.do(() => of.once('ask', turns));
      const learn = new Three(async function () {
        // So the other has it first.
        await turns();
        await ask(this);
      }, new Weights());
      return new Two(
        learn,
        new Three(async function () {
          await ask(this);
        }),
      );
    }),
  parent: () => runs(() => new Team('advance', undefined, new Weights())),
  sibling: () =>
    runs(() => {
      const gate = new Gate();
      const first = new Three(async function () {
        await this.once('signal', turns);
        gate.open();
      });
      return new Two(first, new Three(() => gate.opened, new Weights()));
    }),
  given: async () => {
    process.on('unhandledRejection', (error) => {
      throw error;
    });
    const gate = new Gate();
    const first = new Three(async function () {
      if (this.state.n === 0) await this.receive('answer');
    });
    const run = new Two(first, new Three(() => gate.opened, new Weights())).start({
      store: memoryStore(),
      every: 'step',
      durability: 'sync',
    });
    while (run.waitingFor.join() !== "two.first (advancing): receive('answer'),two.second (advancing)") await turn();
    await turns();
    // One that nobody awaits, and one that somebody does.
    void run.give('answer');
    const error = await run.give('another').catch((thrown) => thrown);
    console.log(JSON.stringify({ isLoopError: error instanceof LoopError, code: error.code, message: error.message }));
    gate.open();
    console.log(JSON.stringify(await run.output));
  },
};
await scenarios[process.argv[2]!]!();
