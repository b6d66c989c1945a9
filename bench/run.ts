import { fork } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { batch, childRun, largeState, manyChildren, nested, watchedChild } from './children.ts';
import { inspectedStep, inspectedStepShown } from './inspector.ts';
import { langgraph } from './langgraph.ts';
import type { Case, Row } from './measure.ts';
import { growing, heap, heapOfChildren } from './memory.ts';
import { replaying } from './replay.ts';
import {
  asyncStep,
  asyncStepAll,
  hookedStep,
  promiseStep,
  promiseStepWatched,
  syncStep,
  watchedStep,
} from './steps.ts';
import { checkpoint } from './storage.ts';
import { table } from './table.ts';

const cases: Case[] = [
  syncStep,
  hookedStep,
  asyncStep,
  asyncStepAll,
  watchedStep,
  promiseStep,
  promiseStepWatched,
  childRun,
  batch,
  nested,
  largeState,
  watchedChild,
  manyChildren,
  checkpoint,
  replaying,
  heap,
  heapOfChildren,
  growing,
  inspectedStep,
  inspectedStepShown,
  langgraph,
];

const args = process.argv.slice(2);
const only = process.env.LOOPCHART_BENCH_CASE;
if (only === undefined) await main();
else await measure(cases.find(({ name }) => name === only)!);

async function main(): Promise<void> {
  const json = args.includes('--json');
  const filter = args.find((arg) => !arg.startsWith('--'))?.toLowerCase();
  const chosen = cases.filter(
    ({ name, peers }) =>
      (peers ?? false) === args.includes('--peers') && (filter === undefined || name.toLowerCase().includes(filter)),
  );
  if (chosen.length === 0)
    throw new Error(`Expected one of ${cases.map(({ name }) => name).join('; ')}; got ${filter}.`);
  const rows: Row[] = [];
  for (const { name } of chosen) {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name} …`);
    rows.push(...(await inOwnProcess(name)));
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const machine = {
    node: process.version,
    xstate: 'production build',
    cpus: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    load: loadavg()[0]!,
  };
  if (json) {
    console.log(JSON.stringify({ machine, rows }, undefined, 2));
    return;
  }
  console.log(`Node ${machine.node}, ${machine.cpus} CPUs (${machine.cpu}), load ${machine.load.toFixed(1)}\n`);
  console.log(tableOf(rows));
  console.log(
    '\nMedians. Ratio: the median of the rounds, in which the two take turns; best: of the fastest sample of each.',
  );
  if (machine.load > machine.cpus) {
    console.log(
      `Others use this machine: the load is ${machine.load.toFixed(1)}. \`-- --cpu\` measures the time of the processor.`,
    );
  }
}

/** A process for each case: what the compiler has learnt from one does not speed up or slow down another. */
function inOwnProcess(name: string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1]!, args, {
      execArgv: [...process.execArgv, '--expose-gc'],
      env: { ...process.env, LOOPCHART_BENCH_CASE: name },
    });
    let rows: Row[] = [];
    child.on('message', (message) => {
      rows = message as Row[];
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve(rows) : reject(new Error(`The case "${name}" failed.`))));
  });
}

async function measure(chosen: Case): Promise<void> {
  const rows: Row[] = [];
  for await (const row of chosen.rows()) rows.push(row);
  if (process.send === undefined) console.log(tableOf(rows));
  else process.send(rows);
}

function tableOf(rows: Row[]): string {
  const lines = [
    ['case', 'loopchart', 'against', '', 'ratio', 'min–max', 'best', 'mark', ''],
    ...rows.map((row) => [
      row.name,
      row.ours,
      row.peerName,
      row.peer,
      row.ratio === undefined ? '' : times(row.ratio.median),
      row.ratio === undefined ? '' : `${times(row.ratio.min)}–${times(row.ratio.max)}`,
      row.best === undefined ? '' : times(row.best),
      row.mark,
      row.met === undefined ? '' : row.met === 'unsure' ? 'unsure' : row.met ? 'met' : 'MISSED',
    ]),
  ];
  const notes = rows.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}`]));
  const shown = table(lines, [false, true, false, true, true, true, true, true, false]);
  return [shown, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function times(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}
