/** One of the two that are compared. */
export interface Side {
  name: string;
  /**
   * How many times `run` does what is measured: fixed, so that its garbage is the same in each round. Both sides should
   * take about as long, some 50 ms or more, so that what disturbs one disturbs the other as often.
   */
  count: number;
  /** Does it, and returns what shows that it was done: `expected`, or `count` where that is not given. */
  run(): number | Promise<number>;
  expected?: number;
}

/** A line of the table. Times are in nanoseconds. */
export interface Row {
  name: string;
  ours: string;
  peer: string;
  peerName: string;
  /** Ours by theirs; the other way round where the mark says how much faster we are. */
  ratio?: Spread;
  /** The ratio of the fastest samples: what is left when others use the machine. */
  best?: number;
  mark: string;
  /** Unsure where a quarter of the rounds or more say otherwise than their median. */
  met?: boolean | 'unsure';
  note?: string;
  samples?: { ours: number[]; peer: number[] };
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** `within`: what ours may take, in microseconds. */
export type Mark = { atMost: number } | { faster: number } | { within: number } | 'report';

export interface Case {
  name: string;
  /** Only with `--peers`. */
  peers?: true;
  /** No row where the library has not got it yet. */
  rows(): AsyncGenerator<Row> | Generator<Row>;
}

/**
 * Runs both sides in turn, A B A B, after rounds that do not count. The ratio is the median of the rounds' own ratios, so
 * that what slows the machine down for a while slows both.
 */
export async function compare(name: string, ours: Side, peer: Side, mark: Mark, rounds = 11): Promise<Row> {
  const samples = { ours: [] as number[], peer: [] as number[] };
  for (let round = -2; round < rounds; round++) {
    const a = await sample(ours);
    const b = await sample(peer);
    if (round < 0) continue;
    samples.ours.push(a);
    samples.peer.push(b);
  }
  const faster = mark !== 'report' && 'faster' in mark;
  const [a, b] = [spread(samples.ours), spread(samples.peer)];
  const ratios = samples.ours.map((a, i) => (faster ? samples.peer[i]! / a : a / samples.peer[i]!));
  const row: Row = {
    name,
    ours: time(a.median),
    peer: time(b.median),
    peerName: peer.name,
    ratio: spread(ratios),
    best: faster ? b.min / a.min : a.min / b.min,
    mark: 'report',
    samples,
  };
  if (mark === 'report') return row;
  if ('within' in mark) {
    const share = samples.ours.filter((ns) => ns <= mark.within * 1e3).length / rounds;
    return { ...row, mark: `≤ ${mark.within} µs`, met: share > 0.25 && share < 0.75 ? 'unsure' : share > 0.5 };
  }
  const hits = (ratio: number) => ('faster' in mark ? ratio >= mark.faster : ratio <= mark.atMost);
  const share = ratios.filter(hits).length / rounds;
  return {
    ...row,
    mark: 'faster' in mark ? `≥ ${mark.faster}× faster` : `≤ ${mark.atMost}×`,
    met: share > 0.25 && share < 0.75 ? 'unsure' : share > 0.5,
  };
}

async function sample(side: Side): Promise<number> {
  // The young garbage of the other side. A whole collection would also throw away compiled code, which no program asks for.
  gc!({ type: 'minor' });
  const began = clock();
  const result = await side.run();
  const took = clock() - began;
  const expected = side.expected ?? side.count;
  if (result !== expected) throw new Error(`Expected ${side.name} to give ${expected}, got ${result}.`);
  return (took * 1e6) / side.count;
}

/** Milliseconds; of the processor with `--cpu`, for a machine that others use as well. */
function clock(): number {
  if (!process.argv.includes('--cpu')) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const { gc } = globalThis as { gc?: (options?: { type: 'minor' }) => void };

/** Collects all garbage. */
export function collectAll(): void {
  gc!();
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** A time in nanoseconds, for people. */
export function time(ns: number): string {
  if (ns < 1e3) return `${digits(ns)} ns`;
  if (ns < 1e6) return `${digits(ns / 1e3)} µs`;
  return `${digits(ns / 1e6)} ms`;
}

/** Two digits or so: there is no more in it. */
export function digits(value: number): string {
  const rounded =
    value >= 100 ? Number(value.toPrecision(3)).toFixed(0) : value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2);
  return rounded.replace(/\B(?=(\d{3})+$)/g, value >= 1e4 ? ',' : '');
}
