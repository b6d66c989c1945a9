import { writeFileSync } from 'node:fs';
import { Loop } from 'loopchart';

/*
 * Draws the chart of a loop: `tsx --conditions=loopchart-source docs/chart.ts` writes docs/chart.svg.
 *
 * The states, the hooks they invoke and the transitions are read from the machine; the tables below only say where to put
 * them. A state or a transition that the one has and the other has not is an error.
 *
 * Left out are the shortcuts of `loop.forwarded`: a child that nobody watches may run some of its hooks in one go, and its
 * machine then moves straight to where they led. They follow the drawn path, only in one stride.
 */

class Tiny extends Loop {
  get done() {
    return true;
  }
  reset() {}
  advance() {}
}

/** A state that is not any one of those in the frame, but each of them. */
const any = '*';
const shortcut = 'loop.forwarded';
/** The actors that end the machine with its error: no hooks of a loop. */
const inner = ['abort', 'fail'];

const width = 108;
const height = 48;
const frame = { left: 12, top: 12, right: 782, bottom: 340 };

/** Where the upper left corner of each state is. */
const places: Record<string, [x: number, y: number]> = {
  skipped: [52, 30],
  entering: [52, 156],
  resetting: [204, 156],
  starting: [356, 156],
  advancing: [508, 156],
  ending: [660, 156],
  paused: [508, 274],
  finished: [834, 156],
  aborted: [834, 224],
  failed: [834, 292],
};

type Point = [x: number, y: number];

interface Arrow {
  from: string;
  to: string;
  /** The events that take the machine this way, the end of an invoked actor as `done` or `error`. */
  on: string[];
  line: Point[];
  label?: [text: string, x: number, y: number, anchor?: 'start' | 'end'];
}

const arrows: Arrow[] = [
  { from: 'entering', to: 'resetting', on: ['done'], line: [right('entering'), left('resetting')] },
  {
    from: 'entering',
    to: 'skipped',
    on: ['done'],
    line: [top('entering'), bottom('skipped')],
    label: ['skip', 114, 121, 'start'],
  },
  {
    from: 'skipped',
    to: 'finished',
    on: ['done'],
    line: [right('skipped'), [top('finished')[0], right('skipped')[1]], top('finished')],
  },
  { from: 'resetting', to: 'starting', on: ['done'], line: [right('resetting'), left('starting')] },
  {
    from: 'resetting',
    to: 'ending',
    on: ['done'],
    line: [top('resetting'), [top('resetting')[0], 94], [top('ending')[0], 94], top('ending')],
    label: ['end()', 334, 87],
  },
  { from: 'starting', to: 'advancing', on: ['done'], line: [right('starting'), left('advancing')] },
  {
    from: 'starting',
    to: 'ending',
    on: ['done'],
    line: [top('starting'), [top('starting')[0], 94], [top('ending')[0], 94], top('ending')],
    label: ['done, stop or end()', 562, 87],
  },
  {
    from: 'starting',
    to: 'paused',
    on: ['done'],
    line: [bottom('starting'), [bottom('starting')[0], left('paused')[1]], left('paused')],
    label: ['pause', 459, 291],
  },
  {
    from: 'advancing',
    to: 'advancing',
    on: ['loop.advanced'],
    line: [
      top('advancing', -24),
      [top('advancing', -24)[0], 124],
      [top('advancing', 24)[0], 124],
      top('advancing', 24),
    ],
    label: ['a step', 562, 117],
  },
  {
    from: 'advancing',
    to: 'ending',
    on: ['loop.advanced', 'done'],
    line: [right('advancing'), left('ending')],
    label: ['done', 635, 173],
  },
  {
    from: 'advancing',
    to: 'paused',
    on: ['loop.advanced'],
    line: [bottom('advancing', -22), top('paused', -22)],
    label: ['pause', 532, 243, 'end'],
  },
  {
    from: 'paused',
    to: 'advancing',
    on: ['loop.resume', 'loop.step'],
    line: [top('paused', 22), bottom('advancing', 22)],
    label: ['resume, step', 592, 243, 'start'],
  },
  {
    from: 'paused',
    to: 'ending',
    on: ['loop.resume', 'loop.step', 'loop.stop'],
    line: [right('paused'), [bottom('ending')[0], right('paused')[1]], bottom('ending')],
    label: ['stop', 665, 291],
  },
  {
    from: 'ending',
    to: 'finished',
    on: ['done'],
    line: [right('ending'), left('finished')],
  },
  {
    from: any,
    to: 'aborted',
    // A failure that is an `end` of a loop further up is no failure of this one.
    on: ['loop.abort', 'loop.failed'],
    line: [[frame.right, left('aborted')[1]], left('aborted')],
    label: ['abort', 806, 241],
  },
  {
    from: any,
    to: 'failed',
    on: ['loop.failed', 'error'],
    line: [[frame.right, left('failed')[1]], left('failed')],
    label: ['error', 806, 309],
  },
];

function corner(state: string): Point {
  const place = places[state];
  if (place === undefined) throw new Error(`The state ${state} has no place in the picture.`);
  return place;
}

function left(state: string): Point {
  const [x, y] = corner(state);
  return [x, y + height / 2];
}

function right(state: string): Point {
  const [x, y] = left(state);
  return [x + width, y];
}

function top(state: string, aside = 0): Point {
  const [x, y] = corner(state);
  return [x + width / 2 + aside, y];
}

function bottom(state: string, aside = 0): Point {
  const [x, y] = top(state, aside);
  return [x, y + height];
}

interface Chart {
  initial: string;
  /** The hook that each state invokes. */
  hooks: Map<string, string | undefined>;
  final: Set<string>;
  transitions: Set<string>;
}

function transition(from: string, on: string, to: string): string {
  return `${from} → ${to} on ${on}`;
}

/** What the machine is made of. */
function read(): Chart {
  const { root } = new Tiny().machine;
  const chart: Chart = {
    initial: root.initial.target[0]!.key,
    hooks: new Map(),
    final: new Set(),
    transitions: new Set(),
  };
  for (const node of [root, ...Object.values(root.states)]) {
    const invoked = node.invoke.map(({ src }) => String(src)).filter((src) => !inner.includes(src));
    if (node !== root) chart.hooks.set(node.key, invoked.join(', ') || undefined);
    if (node.type === 'final') chart.final.add(node.key);
    for (const [event, choices] of node.transitions) {
      if (event === shortcut) continue;
      const on = event.match(/^xstate\.(done|error)\.actor\./)?.[1] ?? event;
      for (const { target } of choices) {
        // What changes the context of any state, and leaves it where it is, is not drawn.
        if (target === undefined && node === root) continue;
        for (const { key } of target ?? [node]) {
          // An invoked actor that fails is drawn once for all.
          const from = node === root || on === 'error' ? any : node.key;
          chart.transitions.add(transition(from, on, key));
        }
      }
    }
  }
  return chart;
}

function compare(what: string, inMachine: Iterable<string>, inPicture: Iterable<string>): void {
  const machine = new Set(inMachine);
  const picture = new Set(inPicture);
  const missing = [...machine].filter((one) => !picture.has(one));
  const unknown = [...picture].filter((one) => !machine.has(one));
  if (missing.length > 0) throw new Error(`The machine has ${what} that the picture has not: ${missing.join('; ')}.`);
  if (unknown.length > 0) throw new Error(`The picture has ${what} that the machine has not: ${unknown.join('; ')}.`);
}

/** A line with rounded corners. */
function path(points: Point[]): string {
  const radius = 10;
  const towards = ([x, y]: Point, [toX, toY]: Point): Point => {
    const length = Math.hypot(toX - x, toY - y);
    return [x + ((toX - x) / length) * radius, y + ((toY - y) / length) * radius];
  };
  const parts = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]];
    if (before === undefined) return `M${point}`;
    if (after === undefined) return `L${point}`;
    return `L${towards(point, before)} Q${point} ${towards(point, after)}`;
  });
  return parts.join(' ');
}

function drawArrow({ line, label }: Arrow): string {
  const drawn = `<path class="line" d="${path(line)}" marker-end="url(#head)"/>`;
  if (label === undefined) return drawn;
  const [text, x, y, anchor = 'middle'] = label;
  return `${drawn}\n  <text class="label" x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

function drawState(chart: Chart, state: string): string {
  const [x, y] = corner(state);
  const [middle] = top(state);
  const hook = chart.hooks.get(state);
  const radius = hook === undefined && state !== 'paused' ? height / 2 : 8;
  const name = `<text class="name" x="${middle}" y="${y + (hook === undefined ? 29 : 21)}">${state}</text>`;
  const invoked = hook === undefined ? '' : `<text class="hook" x="${middle}" y="${y + 38}">${hook}</text>`;
  const box = `<rect width="${width}" height="${height}" x="${x}" y="${y}" rx="${radius}"/>`;
  return `<g class="state ${state}">${box}${name}${invoked}</g>`;
}

/** The chart in words. */
function describe(chart: Chart): string {
  const sentences = [`A run begins in ${chart.initial}.`];
  for (const [state, hook] of chart.hooks) {
    const targets = arrows.filter(({ from, to }) => from === state && to !== state).map(({ to }) => to);
    const parts = [hook && `invokes ${hook}`, targets.length > 0 && `goes to ${targets.join(' or ')}`].filter(Boolean);
    if (parts.length > 0) sentences.push(`${state} ${parts.join(' and ')}.`);
  }
  const always = arrows.filter(({ from }) => from === any).map(({ to, label }) => `${label![0]} to ${to}`);
  return [...sentences, `advancing stays for each step. From any state: ${always.join(', ')}.`].join(' ');
}

const style = `
  svg { --ink: #1f2328; --quiet: #59636e; --line: #818b98; --edge: #d1d9e0; --fill: #f6f8fa; --heart: #0969da; --heart-fill: #ddf4ff;
    --good: #1a7f37; --bad: #cf222e; --cut: #9a6700; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #f0f6fc; --quiet: #9198a1; --line: #656c76; --edge: #3d444d; --fill: #151b23; --heart: #4493f8; --heart-fill: #121d2f;
      --good: #3fb950; --bad: #f85149; --cut: #d29922; }
  }
  text { font-family: -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif; }
  .frame { fill: none; stroke: var(--edge); stroke-dasharray: 4 4; }
  .line { fill: none; stroke: var(--line); stroke-width: 1.5; }
  .head, .begin { fill: var(--line); }
  .label { fill: var(--quiet); font-size: 12px; }
  .state rect { fill: var(--fill); stroke: var(--line); stroke-width: 1.25; }
  .name { fill: var(--ink); font-size: 14px; font-weight: 600; text-anchor: middle; }
  .hook { fill: var(--quiet); font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; text-anchor: middle; }
  .advancing rect { fill: var(--heart-fill); stroke: var(--heart); stroke-width: 1.75; }
  .finished rect { stroke: var(--good); }
  .aborted rect { stroke: var(--cut); }
  .failed rect { stroke: var(--bad); }
`;

/** The picture, as the text of an SVG file. */
export function draw(): string {
  const chart = read();
  compare('states', chart.hooks.keys(), Object.keys(places));
  compare(
    'transitions',
    chart.transitions,
    arrows.flatMap(({ from, to, on }) => on.map((event) => transition(from, event, to))),
  );
  const [beginX, beginY] = left(chart.initial);
  const begin = beginX - 24;
  const lines = [
    `<rect class="frame" x="${frame.left}" y="${frame.top}" width="${frame.right - frame.left}" height="${frame.bottom - frame.top}" rx="14"/>`,
    `<circle class="begin" cx="${begin}" cy="${beginY}" r="5"/>`,
    `<path class="line" d="${path([[begin, beginY], left(chart.initial)])}" marker-end="url(#head)"/>`,
    ...arrows.map(drawArrow),
    ...[...chart.hooks.keys()].map((state) => drawState(chart, state)),
    `<text class="label" x="36" y="300">Each state invokes the hook under its name.</text>`,
    `<text class="label" x="36" y="318">An error or an abort may come in any of them.</text>`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 954 352" width="954" height="352" role="img" aria-labelledby="title desc">
  <title id="title">The states of a loop</title>
  <desc id="desc">${describe(chart)}</desc>
  <style>${style}  </style>
  <defs>
    <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
      <path class="head" d="M0 0.5 L8 4 L0 7.5 Z"/>
    </marker>
  </defs>
  ${lines.join('\n  ')}
</svg>
`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(new URL('chart.svg', import.meta.url), draw());
