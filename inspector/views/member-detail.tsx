import { useSignal } from '@preact/signals';
import { copyText } from '../export/clipboard.ts';
import { chosenMember } from '../page/opened-members.ts';
import { session } from '../page/session.ts';
import { isWatched, toggleWatched } from '../page/watched.ts';
import { NOTHING } from '../run/difference.ts';
import { keysText, numbersIn, SEPARATOR, shapeOf, valueAt } from '../run/held.ts';
import { jsonText } from '../text/event-text.ts';
import { exact, figure, numberOf } from '../text/number.ts';
import { brief, readValue, visible } from '../text/value.ts';
import { Bars, Curve } from '../widgets/curve.tsx';
import { Exact } from '../widgets/exact.tsx';

/** So many characters of a value are shown; of many numbers, the pictures say more. */
const SHOWN = 300;
const FEW = 90;

/** One member of a state more closely: exactly, as a picture where it is many numbers, to be copied and to be watched. */
export function MemberDetail({ root, loop }: { root: object; loop: string }) {
  const copied = useSignal('');
  const path = chosenMember.value;
  if (!path) return null;
  const keys = path.split(SEPARATOR);
  const value = valueAt(root, keys);
  if (value === NOTHING) return null;
  const copy = async (what: string, text: string) => {
    if (await copyText(text)) {
      copied.value = `${path} ${what}`;
      setTimeout(() => (copied.value = ''), 2000);
    } else session.trouble.value = `The browser does not let this page copy. The ${what} is ${text}`;
  };
  const Copy = ({ what, text }: { what: string; text: () => string }) => (
    <button type="button" onClick={() => void copy(what, text())}>
      {copied.value === `${path} ${what}` ? 'copied' : `copy ${what}`}
    </button>
  );
  const one = { loop, keys };
  return (
    <section class="detail" aria-label="Chosen value">
      <p>
        <code class="keys">{visible(keysText(keys))}</code>
        <span class="grow" />
        <button
          type="button"
          class="flat icon"
          aria-label="Close"
          onClick={() => {
            chosenMember.value = '';
          }}
        >
          ✕
        </button>
        <span class="exactly">{brief(value, numbersIn(value) ? FEW : SHOWN, true)}</span>
      </p>
      <Numbers value={value} />
      <p class="tools">
        <Copy what="value" text={() => valueText(value)} />
        <Copy what="path" text={() => keysText(keys)} />
        <Copy what="JSON" text={() => jsonText(value, 2) ?? 'undefined'} />
        {keys[0] === 'event' ? null : (
          <button type="button" aria-pressed={isWatched(one)} onClick={() => toggleWatched(one)}>
            watch
          </button>
        )}
      </p>
    </section>
  );
}

/** The numbers of a list in order, and how many lie where. */
function Numbers({ value }: { value: unknown }) {
  const numbers = numbersIn(value);
  if (!numbers) return null;
  const { count, min, max, mean, odd, bins } = shapeOf(numbers);
  return (
    <div class="numbers">
      <Curve values={numbers} />
      <Bars counts={bins} />
      <p>
        {figure(count)} numbers from <Exact exact={exact(min)}>{figure(min)}</Exact> to{' '}
        <Exact exact={exact(max)}>{figure(max)}</Exact>, mean <Exact exact={exact(mean)}>{figure(mean)}</Exact>
        {odd ? <b class="bad">, {figure(odd)} not finite</b> : null}
      </p>
    </div>
  );
}

/** A text as it is, a number with all its digits, and all else as JSON. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  const number = numberOf(value);
  if (number !== undefined) return exact(number);
  const told = readValue(value);
  return told.kind === 'leaf' ? told.text : jsonText(value);
}
