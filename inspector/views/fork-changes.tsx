import { type Signal, useSignal } from '@preact/signals';
import type { ForkLoop, ForkOffer } from '../lines/fork.ts';
import { beginFork, type Forking } from '../page/forking.ts';
import { editsBetween } from '../run/state-edits.ts';
import type { StateEdit } from '../sources/source.ts';
import { jsonText } from '../text/json-text.ts';
import { figure } from '../text/number.ts';
import { brief } from '../text/value.ts';

/** So many loops are open to be changed from the start. */
const OPEN = 4;
/** So many changes are listed, each with so many characters of a value. */
const LISTED = 6;
const LONG = 40;

interface ChangesProps {
  now: Forking;
  offer: ForkOffer;
  close: () => void;
}

/** The states and arguments that can be changed, as JSON. */
export function ForkChanges({ now, offer, close }: ChangesProps) {
  /** What was typed, by what it is of. */
  const texts = useSignal<ReadonlyMap<string, string>>(new Map());
  const paused = useSignal(false);
  const read = offer.loops.map((one) => changed(one, texts.value.get(one.loop)));
  const edits = read.flatMap((one) => ('edits' in one ? one.edits : []));
  const args = argsIn(offer, texts.value.get(ARGS));
  const isBad = read.some((one) => 'fault' in one) || 'fault' in args;
  const { steps } = offer.forkOf;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBad) beginFork(edits, 'args' in args ? args.args : undefined, paused.value);
      }}
    >
      <p class="dim">
        {steps === 1 ? 'One step had' : `${figure(steps)} steps had`} been taken there. A loop’s changes are of its
        state; what a step in flight had got by then, it is given again.
      </p>
      <div class="loops">
        {offer.loops.map((one, at) => (
          <LoopText key={one.loop} {...{ one, texts, name: nameOf(offer, one), open: at < OPEN && one.running }} />
        ))}
        {offer.more ? <p class="dim">{figure(offer.more)} more loops are not shown, and stay as they are.</p> : null}
        {offer.args === null ? null : (
          <Text
            name="Arguments"
            text={texts.value.get(ARGS) ?? jsonText(offer.args)}
            fault={'fault' in args ? args.fault : ''}
            off={offer.argsStay ?? ''}
            onText={(text) => type(texts, ARGS, text)}
          />
        )}
      </div>
      <Edits offer={offer} edits={edits} args={'args' in args ? args.args : undefined} />
      {now.refused ? <Refused reason={now.refused} /> : null}
      <div class="buttons">
        <label class="check">
          <input
            type="checkbox"
            checked={paused.value}
            onChange={(event) => {
              paused.value = event.currentTarget.checked;
            }}
          />
          wait before the first step
        </label>
        <span class="grow" />
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={isBad || now.waits !== undefined}>
          {now.waits ? 'Beginning…' : 'Fork'}
        </button>
      </div>
    </form>
  );
}

/** No loop lies at this path. */
const ARGS = '\u0000args';

function type(texts: Signal<ReadonlyMap<string, string>>, key: string, text: string): void {
  texts.value = new Map(texts.value).set(key, text);
}

interface LoopTextProps {
  one: ForkLoop;
  name: string;
  texts: Signal<ReadonlyMap<string, string>>;
  open: boolean;
}

function LoopText({ one, name, texts, open }: LoopTextProps) {
  const isOpen = useSignal(open);
  const text = texts.value.get(one.loop);
  const told = changed(one, text);
  return (
    <details
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        <b>{name}</b> <span class="dim">{one.running ? 'running' : 'not running'}</span>
      </summary>
      {isOpen.value ? (
        <Text
          name={`State of ${name}`}
          text={text ?? jsonText(one.state)}
          fault={'fault' in told ? told.fault : ''}
          onText={(typed) => type(texts, one.loop, typed)}
        />
      ) : null}
    </details>
  );
}

interface TextProps {
  name: string;
  text: string;
  fault: string;
  /** Why it cannot be changed. */
  off?: string;
  onText: (text: string) => void;
}

function Text({ name, text, fault, off = '', onText }: TextProps) {
  return (
    <label class="text">
      {name === 'Arguments' ? <b>{name}</b> : null}
      <textarea
        aria-label={name}
        aria-invalid={fault !== ''}
        spellcheck={false}
        readOnly={off !== ''}
        rows={Math.min(14, text.split('\n').length)}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      {off ? <span class="dim">They stay as they are. {off}</span> : null}
      {fault ? (
        <span class="bad" role="alert">
          {fault}
        </span>
      ) : null}
    </label>
  );
}

/** What is about to be changed, so that nobody changes anything without seeing it. */
function Edits({ offer, edits, args }: { offer: ForkOffer; edits: StateEdit[]; args: unknown[] | undefined }) {
  const count = edits.length + (args ? 1 : 0);
  return (
    <div class="edits" role="status">
      {count ? null : <span class="dim">Nothing is changed yet: it will do the same again.</span>}
      {edits.slice(0, LISTED).map(({ loop, at, value }) => (
        <code key={`${loop} ${at}`}>
          {nameOf(offer, { loop })} {at || 'state'} = {value === undefined ? 'gone' : brief(value, LONG, true)}
        </code>
      ))}
      {args ? <code>arguments = {brief(args, LONG, true)}</code> : null}
      {edits.length > LISTED ? <span class="dim">and {figure(edits.length - LISTED)} more</span> : null}
    </div>
  );
}

/** Why the program would not do what it was asked for. */
export function Refused({ reason }: { reason: string }) {
  return (
    <p class="bad" role="alert">
      {reason}
    </p>
  );
}

const nameOf = ({ forkOf }: ForkOffer, { loop }: { loop: string }): string =>
  loop === '' ? forkOf.id.slice(0, forkOf.id.lastIndexOf('#')) : loop;

function changed({ loop, state }: ForkLoop, text: string | undefined): { edits: StateEdit[] } | { fault: string } {
  if (text === undefined) return { edits: [] };
  const read = parsed(text);
  return 'fault' in read ? read : { edits: editsBetween(loop, state, read.value) };
}

function argsIn({ args }: ForkOffer, text: string | undefined): { args?: unknown[] } | { fault: string } {
  if (text === undefined) return {};
  const read = parsed(text);
  if ('fault' in read) return read;
  if (!Array.isArray(read.value)) return { fault: 'Expected a list: [ … ], one item for each argument.' };
  return editsBetween('', args, read.value).length ? { args: read.value } : {};
}

function parsed(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { fault: `This is no JSON: ${(error as Error).message}.` };
  }
}
