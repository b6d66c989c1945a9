import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { shortType } from '../describe.ts';
import { type Against, baseOf, type Change, changeOf, countChanges, members, NOTHING } from '../difference.ts';
import { endingOf } from '../ending.ts';
import { type HeldMember, partsOf, runWords } from '../parts.ts';
import { isPicked, togglePick } from '../picks.ts';
import { against, togglePin } from '../pin.ts';
import { session } from '../session.ts';
import { standing } from '../tree.ts';
import { brief, figure, numberOf, readValue, type Value, visible } from '../value.ts';
import { Mark } from './mark.tsx';
import { Scroll } from './scroll.tsx';
import { Split } from './split.tsx';

const onlyChanges = signal(false);
/** What was opened or closed by hand, by path. */
const opened = signal<ReadonlyMap<string, boolean>>(new Map());
/** How many members of a large value are listed, by path. */
const listed = signal<ReadonlyMap<string, number>>(new Map());

const PAGE = 100;
/** Characters that fit into a line. */
const LONG = 44;
/** These are open from the start: they are what a loop is about. */
const OPEN = new Set(['state', 'progress', 'error', 'inFlight']);

/** What the selected loop holds at the moment shown, and what changed. */
export function State() {
  const { store, contexts } = session;
  const now = session.now.value;
  const actor = session.actor.value;
  const pinned = session.pinned.value;
  const here = actor && standing(store, actor, now);
  const context = actor && here && contexts.at(actor, now);
  const base = actor && baseOf(actor, now, against.value);
  const before = base && 'row' in base ? contexts.at(base.actor, base.row) : undefined;
  const changes = context && before ? countChanges(before, context) : 0;
  const parts = partsOf(context ? members(before ?? NOTHING, context) : []);
  return (
    <section class="state" aria-label="State">
      {session.narrow.value ? null : <Split name="state" />}
      <header class="tools">
        <h2>State</h2>
        {actor ? (
          <span class={`who hue${actor.path.hue}`} title={actor.id}>
            {actor.short}
          </span>
        ) : null}
        {here ? <Mark phase={endingOf(contexts, actor, here)} /> : null}
        <span class="dim">{here?.value}</span>
      </header>
      <header class="tools">
        <select
          aria-label="Compare with"
          value={against.value}
          onChange={(e) => {
            against.value = e.currentTarget.value as Against;
          }}
        >
          <option value="step">against the step before</option>
          <option value="iteration">against the run before</option>
          <option value="pinned">
            against the pinned moment
            {pinned === null ? '' : ` (${store.end > pinned && pinned >= store.first ? store.seq(pinned) : 'gone'})`}
          </option>
        </select>
        <button
          type="button"
          class="flat"
          aria-pressed={pinned === now && now >= 0}
          title="Pin this moment to compare with (m)"
          onClick={togglePin}
        >
          pin
        </button>
        <span class="grow" />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyChanges.value}
            onChange={(e) => {
              onlyChanges.value = e.currentTarget.checked;
            }}
          />
          {before ? `${figure(changes)} changed` : 'changed'}
        </label>
      </header>
      <Scroll id="state" class="dict" label="State dict">
        {!actor ? <p class="note">A loop's state is shown here.</p> : null}
        {actor && !here ? (
          <p class="note">{actor.id} has not begun at this moment. Go on in time, or choose another loop.</p>
        ) : null}
        {base && 'missing' in base && here ? <p class="note">{base.missing}</p> : null}
        {here ? <Happened row={here.row} /> : null}
        {context ? (
          <>
            {parts.first.map((member) => (
              <Top key={member.key} member={member} compared={before !== undefined} depth={0} />
            ))}
            <Run run={parts.run} compared={before !== undefined} />
          </>
        ) : null}
      </Scroll>
    </section>
  );
}

interface TopProps {
  member: HeldMember;
  /** Whether there is something to compare with: else nothing is marked as new. */
  compared: boolean;
  depth: number;
}

function Top({ member: { key, before, after }, compared, depth }: TopProps) {
  return <Member path={key} name={key} before={compared ? before : after} after={after} depth={depth} />;
}

/** No loop's context has a member of this name. */
const RUN = '\u0000run';

/** How the machine runs the loop: rarely read, so it is a line until it is opened, which says whether it changed. */
function Run({ run, compared }: { run: readonly HeldMember[]; compared: boolean }) {
  const isOpen = opened.value.get(RUN) ?? false;
  const change = compared && run.some(({ before, after }) => changeOf(before, after) !== 'same') ? 'inside' : 'same';
  if (!run.length || (onlyChanges.value && change === 'same')) return null;
  return (
    <>
      <button
        type="button"
        class={`member branch ${change}`}
        aria-expanded={isOpen}
        onClick={() => {
          opened.value = new Map(opened.value).set(RUN, !isOpen);
        }}
      >
        <i class="fold">{isOpen ? '▾' : '▸'}</i>
        <span class="key">run</span>
        <span class="dim">{runWords(run)}</span>
        <Sign change={change} />
      </button>
      {isOpen ? run.map((member) => <Top key={member.key} member={member} compared={compared} depth={1} />) : null}
    </>
  );
}

/** The event that made it so, whole: what came with it, from whom, which way it took. */
function Happened({ row }: { row: number }) {
  const line = session.store.line(row);
  if (line.type !== 'event') return null;
  const { event, from, tr, output, error } = line;
  const took = tr?.map(([source, targets]) => (targets?.length ? `${source} → ${targets.join(', ')}` : source));
  const shown = {
    ...event,
    ...(from !== undefined && { 'sent by': from }),
    ...(took?.length && { took: took.join('; ') }),
    ...(output !== undefined && { 'output of the run': output }),
    ...(error !== undefined && !('error' in event) && { 'error of the run': error }),
  };
  return <Member path="event" name="event" before={shown} after={shown} depth={0} note={shortType(event.type)} />;
}

interface MemberProps {
  path: string;
  name: string;
  before: unknown;
  after: unknown;
  depth: number;
  /** Said in place of the value while it is folded. */
  note?: string;
}

function Member({ path, name, before, after, depth, note }: MemberProps) {
  const change = changeOf(before, after);
  // Something with a note of its own is no part of what is compared.
  if (onlyChanges.value && change === 'same' && note === undefined) return null;
  const value = wholeValue(after === NOTHING ? before : after);
  const indent = { paddingLeft: `${10 + depth * 14}px` };
  if (value.kind !== 'branch' || (value.size === 0 && value.entries().length === 0)) {
    return (
      <div class={`member ${change}`} style={indent}>
        <span class="key">{visible(name)}</span>
        <Leaf value={value} raw={after} path={path} />
        {change === 'other' ? (
          <span class="was" title="before">
            {brief(before, 40)}
          </span>
        ) : null}
        <Sign change={change} />
      </div>
    );
  }
  const isOpen =
    opened.value.get(path) ??
    (depth === 0 ? OPEN.has(name) : depth < 3 && value.size <= 40 && OPEN.has(path.split('\u0000')[0]!));
  const inner = isOpen ? members(before === NOTHING || change === 'other' ? NOTHING : before, after) : [];
  const room = listed.value.get(path) ?? PAGE;
  return (
    <>
      <button
        type="button"
        class={`member branch ${change}`}
        style={indent}
        aria-expanded={isOpen}
        onClick={() => {
          opened.value = new Map(opened.value).set(path, !isOpen);
        }}
      >
        <i class="fold">{isOpen ? '▾' : '▸'}</i>
        <span class="key">{visible(name)}</span>
        <span class="dim">{note ?? (isOpen ? kindOf(value) : brief(after === NOTHING ? before : after, 44))}</span>
        <Sign change={change} />
      </button>
      {inner.slice(0, room).map((member) => (
        <Member
          key={member.key}
          path={`${path}\u0000${member.key}`}
          name={member.key}
          before={change === 'new' ? NOTHING : member.before}
          after={member.after}
          depth={depth + 1}
        />
      ))}
      {inner.length > room ? (
        <button
          type="button"
          class="member more"
          style={{ paddingLeft: `${24 + depth * 14}px` }}
          onClick={() => {
            listed.value = new Map(listed.value).set(path, room + 10 * PAGE);
          }}
        >
          {figure(inner.length - room)} more
        </button>
      ) : null}
    </>
  );
}

/** A cut value that was fetched is shown in its place. */
function wholeValue(raw: unknown): Value {
  const value = readValue(raw);
  if (value.kind !== 'cut') return value;
  const { fetched } = session;
  const got = fetched.value.get(value.ref) ?? (value.digest ? fetched.value.get(value.digest) : undefined);
  return got === undefined ? value : readValue(got);
}

const kindOf = (value: Value) =>
  value.kind === 'branch' && value.type !== 'Object'
    ? `${value.type}${value.size ? ` (${figure(value.size)})` : ''}`
    : '';

function Leaf({ value, raw, path }: { value: Value; raw: unknown; path: string }): ComponentChildren {
  if (value.kind === 'branch')
    return (
      <span class="leaf dim">
        {value.type === 'Array' ? '[]' : value.type === 'Object' ? '{}' : `${value.type} (0)`}
      </span>
    );
  if (value.kind === 'cut') {
    const ask = session.source.value?.send && value.ref;
    return (
      <span class="leaf cut" title="The recorder cut this value because it is too large or too deep">
        {value.type}, {figure(value.size)}, cut here
        {ask ? (
          <button type="button" class="flat" onClick={() => session.fetch(value.ref, value.digest)}>
            fetch
          </button>
        ) : null}
      </span>
    );
  }
  const number = value.type === 'number' ? numberOf(raw) : undefined;
  const [root, ...keys] = path.split('\u0000');
  const loop = session.actor.value?.path.name;
  if (number !== undefined && root === 'state' && keys.length && loop) {
    const on = isPicked(loop, keys);
    return (
      <button
        type="button"
        class={`leaf number ${Number.isFinite(number) ? '' : 'odd'}`}
        aria-pressed={on}
        title={`${number}: ${on ? 'take it off the plot' : 'plot this number over the steps'}`}
        onClick={() => togglePick(loop, keys)}
      >
        {value.text}
      </button>
    );
  }
  if (value.type === 'string' && (value.text.length > LONG || value.text.includes('\n')))
    return <Text text={value.text} path={path} />;
  return (
    <span class={`leaf ${value.type}`}>
      {value.type === 'string' ? visible(JSON.stringify(value.text)) : value.text}
    </span>
  );
}

/** A text that does not fit into a line, such as an error's stack: opened, it is read as it was written. */
function Text({ text, path }: { text: string; path: string }) {
  const isOpen = opened.value.get(path) ?? path.endsWith('\u0000stack');
  return (
    <button
      type="button"
      class={`leaf string text ${isOpen ? 'open' : ''}`}
      aria-expanded={isOpen}
      title={isOpen ? 'Fold' : 'Read all of it'}
      onClick={() => {
        opened.value = new Map(opened.value).set(path, !isOpen);
      }}
    >
      {visible(isOpen ? text : JSON.stringify(text))}
    </button>
  );
}

const SIGNS: Record<Change, string> = { same: '', inside: '·', new: '+', gone: '−', other: '' };

const Sign = ({ change }: { change: Change }) => (SIGNS[change] ? <span class="sign">{SIGNS[change]}</span> : null);
