import type { Breakpoint } from '../../src/inspect/breakpoint.ts';
import type { ForkOf } from './fork.ts';

/** One machine's state node, as a `chart` line carries it. Both a config and XState's `definition` are read. */
export interface StateNodeJson {
  id?: string;
  key?: string;
  type?: string;
  initial?: unknown;
  states?: Record<string, StateNodeJson>;
  on?: Record<string, TransitionJson | TransitionJson[]>;
  always?: TransitionJson | TransitionJson[];
  invoke?: unknown;
}

export type TransitionJson = string | { target?: string | string[] | null; guard?: unknown };

/** What a loop's machine holds. A recording made by a later version may hold more. */
export interface LoopContext {
  state?: unknown;
  progress?: unknown;
  children?: unknown;
  steps?: number;
  [key: string]: unknown;
}

export interface LoopEvent {
  type: string;
  [key: string]: unknown;
}

interface Numbered {
  seq: number;
  /** Epoch milliseconds, with a fraction. */
  t: number;
}

export interface RecordingLine extends Numbered {
  type: 'recording';
  format: number;
  runId: string;
  /** `record()` has made it: its values are written as it does. */
  recorded?: true;
}

export interface ChartLine extends Numbered {
  type: 'chart';
  key: string;
  root: StateNodeJson;
}

export interface ActorLine extends Numbered {
  type: 'actor';
  id: string;
  path: string;
  name: string;
  loop: string;
  parent?: string;
  /** What runs it, of an actor of the app; a loop has none. */
  kind?: string;
  /** The actor of the app that has invoked or spawned it. */
  under?: string;
  /** `false` of an actor of the app that pages may send no event. */
  send?: boolean;
  /** Of an outermost loop: the id that its run was started with, where it was given one. */
  run?: string;
  /** Of the outermost loop of a fork. */
  forkOf?: ForkOf;
  chart: string;
  value: string;
  context?: LoopContext;
  status: string;
  late?: boolean;
}

export type Transition = [source: string, targets: string[] | null, eventType: string];

export interface EventLine extends Numbered {
  type: 'event';
  id: string;
  from?: string;
  event: LoopEvent;
  value: string;
  status?: string;
  output?: unknown;
  error?: { name?: string; message?: string; stack?: string };
  tr?: Transition[];
  context?: LoopContext;
}

export interface LaggedLine extends Numbered {
  type: 'lagged';
  from: number;
  to: number;
  count: number;
  /** The program held them no more, could not take them down, or its redactor kept them back. */
  why?: string;
}

export type Line = RecordingLine | ChartLine | ActorLine | EventLine | LaggedLine;

/** How runs are driven, whoever set it. */
export interface Settings {
  /** Steps a second; null for as fast as they come. */
  perSec: number | null;
  points: Breakpoint[];
  /** The ids of the runs that go on, if only so many steps a second. */
  going: string[];
  /** Where runs wait at a breakpoint: the loop that met it, and in which line. */
  hits: Hit[];
}

export interface Hit {
  id: string;
  seq: number;
  point: Breakpoint;
}

/** The first thing a program says over the wire. */
export interface Hello {
  type: 'hello';
  protocol: number;
  runId: string;
  firstSeq: number;
  lastSeq: number;
  gap: boolean;
  readonly: boolean;
  /** Paths or classes of the outermost loops of which the program makes forks. */
  forks: string[];
  settings: Settings;
}

/** The lines of `record()` leave out what is the same for all, or follows from the rest. */
export function completed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const line = value as Record<string, unknown>;
  if (line.type === 'recording') return 'runId' in line ? line : { ...line, runId: '', recorded: true };
  if (line.type !== 'actor' || typeof line.path !== 'string' || 'name' in line) return line;
  if (typeof line.kind === 'string') return { status: 'active', name: line.path, chart: '', ...line };
  const parent = typeof line.parent === 'string' ? line.parent.slice(0, line.parent.lastIndexOf('#')) : undefined;
  const name = parent === undefined ? line.path : line.path.slice(parent.length + 1);
  return { status: 'active', ...line, name, chart: 'loop' };
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** A hello, where the value is one, with only so much in it as can be trusted to be what it says. */
export function helloOf(value: unknown): Hello | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const hello = value as Record<string, unknown>;
  if (hello.type !== 'hello' || !isText(hello.runId)) return undefined;
  const forks = Array.isArray(hello.forks) ? hello.forks.filter(isText) : [];
  return { ...(hello as unknown as Hello), forks, settings: settingsIn(hello) };
}

/** The settings in a message, with only so much in them as can be trusted to be what it says. */
export function settingsIn({ perSec, points, going, hits }: Record<string, unknown>): Settings {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  return {
    perSec: typeof perSec === 'number' && perSec > 0 ? perSec : null,
    points: list(points).filter(isPoint),
    going: list(going).filter(isText),
    hits: list(hits).filter(isHit),
  };
}

function isHit(value: unknown): value is Hit {
  if (typeof value !== 'object' || value === null) return false;
  const { id, seq, point } = value as Record<string, unknown>;
  return isText(id) && typeof seq === 'number' && isPoint(point);
}

function isPoint(value: unknown): value is Breakpoint {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { id, path, state, event, when } = value as Record<string, unknown>;
  return [id, path, state, event, when].every((part) => part === undefined || isText(part));
}

function isTransition(value: unknown): value is Transition {
  if (!Array.isArray(value)) return false;
  const [source, targets, type] = value as unknown[];
  return isText(source) && isText(type) && (targets === null || (Array.isArray(targets) && targets.every(isText)));
}

/** What came in place of something else, in a word or two. */
function got(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  const text = isText(value) ? JSON.stringify(value) : String(value);
  return typeof value === 'object' ? 'an object' : text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Says which of these keys does not hold what it should, and what it holds. */
function wrong(
  line: Record<string, unknown>,
  kind: 'a text' | 'a number' | 'an object',
  keys: string[],
  of = `the ${line.type} line`,
): string | undefined {
  const type = { 'a text': 'string', 'a number': 'number', 'an object': 'object' }[kind];
  const key = keys.find((name) => typeof line[name] !== type || line[name] === null);
  return key && `expected \`${key}\` of ${of} to be ${kind}, got ${got(line[key])}`;
}

/** Says what is wrong with a value that should be a line, or nothing where it is one. */
export function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `expected a line to be an object, got ${got(value)}`;
  const line = value as Record<string, unknown>;
  const numbered = wrong(line, 'a number', ['seq', 't'], 'a line');
  if (numbered) return numbered;
  switch (line.type) {
    case 'recording':
      return line.format === 1 ? undefined : `expected format 1, which this page reads, got ${got(line.format)}`;
    case 'chart':
      return wrong(line, 'a text', ['key']) ?? wrong(line, 'an object', ['root']);
    case 'actor':
      return wrong(line, 'a text', ['id', 'path', 'value']);
    case 'event':
      return (
        wrong(line, 'a text', ['id', 'value']) ??
        wrong(line, 'an object', ['event']) ??
        wrong(line.event as Record<string, unknown>, 'a text', ['type'], '`event`') ??
        (line.error === undefined ? undefined : wrong(line, 'an object', ['error'])) ??
        wrongWays(line.tr)
      );
    case 'lagged':
      return wrong(line, 'a number', ['to', 'count']);
    default:
      return `expected a line of type recording, chart, actor, event or lagged, got ${got(line.type)}`;
  }
}

function wrongWays(tr: unknown): string | undefined {
  if (tr === undefined || (Array.isArray(tr) && tr.every(isTransition))) return undefined;
  return `expected \`tr\` of the event line to be a list of [source, targets, event], got ${got(tr)}`;
}
