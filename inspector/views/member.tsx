import { signal } from '@preact/signals';
import { chosenMember, foundMembers, onlyChanges, opened } from '../page/opened-members.ts';
import { session } from '../page/session.ts';
import { type Change, changeOf, members, NOTHING } from '../run/difference.ts';
import { apart, figure, numberOf } from '../text/number.ts';
import { otherPlace } from '../text/other-place.ts';
import { brief, briefExactly, readValue, type Value, visible } from '../text/value.ts';
import { Exact } from '../widgets/exact.tsx';
import { Leaf, LONG } from './member-leaf.tsx';

/** How many members of a large value are listed, by path. */
const listed = signal<ReadonlyMap<string, number>>(new Map());

const PAGE = 100;
/** These are open from the start: they are what a loop is about. */
const OPEN = new Set(['state', 'progress', 'error', 'inFlight']);

interface MemberProps {
  /** All that is shown, in which this is one value. */
  root: object;
  path: string;
  name: string;
  before: unknown;
  after: unknown;
  depth: number;
  /** Said in place of the value while it is folded. */
  note?: string;
  /** It is in something that was found. */
  within?: boolean;
}

/** A value in a state by its name, what it was before, and what is in it. */
export function Member({ root, path, name, before, after, depth, note, within = false }: MemberProps) {
  const change = changeOf(before, after);
  // Something with a note of its own is no part of what is compared.
  if (onlyChanges.value && change === 'same' && note === undefined) return null;
  const found = foundMembers.value;
  const isHit = within || found?.hits.has(path) === true;
  if (found && !isHit && !found.above.has(path)) return null;
  const shown = after === NOTHING ? before : after;
  const value = wholeValue(shown);
  const other = otherPlace(root, shown, path.split('\u0000'));
  const texts = change === 'other' ? told(before, after) : undefined;
  const indent = { paddingLeft: `${10 + depth * 14}px` };
  if (value.kind !== 'branch' || (value.size === 0 && value.entries().length === 0)) {
    return (
      <div class={`member ${change}`} style={indent} data-chosen={path === chosenMember.value || undefined}>
        <Key name={name} other={other} path={path} />
        <Leaf value={value} raw={shown} gone={after === NOTHING} path={path} text={texts?.[1]} />
        {change === 'other' ? (
          <Exact class="was" title="before" exact={briefExactly(before, 40)}>
            {texts?.[0] ?? brief(before, 40)}
          </Exact>
        ) : null}
        <Sign change={change} />
      </div>
    );
  }
  const isOpen =
    found?.above.has(path) ||
    (opened.value.get(path) ??
      (depth === 0 ? OPEN.has(name) : depth < 3 && value.size <= 40 && OPEN.has(path.split('\u0000')[0]!)));
  const inner = isOpen ? members(before === NOTHING || change === 'other' ? NOTHING : before, after) : [];
  const room = listed.value.get(path) ?? PAGE;
  return (
    <>
      <button
        type="button"
        class={`member branch ${change}`}
        style={indent}
        aria-expanded={isOpen}
        data-chosen={path === chosenMember.value || undefined}
        onClick={() => {
          chosenMember.value = path;
          opened.value = new Map(opened.value).set(path, !isOpen);
        }}
      >
        <i class="fold">{isOpen ? '▾' : '▸'}</i>
        <Key name={name} other={other} />
        <Exact class="dim" exact={note === undefined && !isOpen ? briefExactly(shown, LONG) : undefined}>
          {note ?? (isOpen ? kindOf(value) : brief(shown, LONG))}
        </Exact>
        <Sign change={change} />
      </button>
      {inner.slice(0, room).map((member) => (
        <Member
          key={member.key}
          root={root}
          path={`${path}\u0000${member.key}`}
          name={member.key}
          before={change === 'new' ? NOTHING : member.before}
          after={member.after}
          depth={depth + 1}
          within={isHit}
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

/**
 * @param other where else the same object lies
 * @param path pressed, it is looked at more closely; without it, something around the key is pressed
 */
function Key({ name, other, path }: { name: string; other: string | undefined; path?: string }) {
  const text = name === '' ? '""' : visible(name);
  const same = other && `same as ${visible(other)}`;
  const shared = other === undefined ? '' : 'shared';
  if (path === undefined)
    return (
      <span class={`key ${shared}`} title={same}>
        {text}
      </span>
    );
  return (
    <button
      type="button"
      class={`key ${shared}`}
      aria-pressed={path === chosenMember.value}
      title={same ?? 'Copy or watch it'}
      onClick={() => {
        chosenMember.value = path === chosenMember.value ? '' : path;
      }}
    >
      {text}
    </button>
  );
}

/** Two numbers as texts that differ: a change that is rounded away would look like none. */
function told(before: unknown, after: unknown): [string, string] | undefined {
  const [a, b] = [numberOf(before), numberOf(after)];
  return a === undefined || b === undefined ? undefined : apart(a, b);
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

const SIGNS: Record<Change, string> = { same: '', inside: '·', new: '+', gone: '−', other: '' };

export const Sign = ({ change }: { change: Change }) =>
  SIGNS[change] ? <span class="sign">{SIGNS[change]}</span> : null;
