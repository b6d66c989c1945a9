// A run whose checkpoint has to wait for a step that takes minutes, on a clock that goes a hundred thousand times as fast.
const clock = performance.now.bind(performance);
const { setTimeout } = globalThis;
const speed = 100_000;
performance.now = () => clock() * speed;
globalThis.setTimeout = ((call: () => void, ms: number) => setTimeout(call, ms / speed)) as typeof setTimeout;
const { memoryStore } = await import('loopchart');
const { Consumer, Model, Pair, Producer } = await import('../support/belt.ts');

const warnings: string[] = [];
process.on('warning', (warning) => {
  if (warning.name === 'LoopchartWarning') warnings.push(warning.message);
  else throw warning;
});
class AtTheEnd extends Consumer {
  override async advance(): Promise<void> {
    const take = async () => {
      while (this.state.got.length < 10) this.state.got.push(await this.belt.take());
      return 0;
    };
    await this.model!.change(take);
  }
}
const pair = new Pair(new Producer(), Object.assign(new AtTheEnd(), { model: new Model() }));
await pair.start({ id: 'a', store: memoryStore(), every: 'step' }).output;
console.log(JSON.stringify(warnings));
