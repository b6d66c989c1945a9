import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { askToNotify, notifying } from '../page/alert-notify.ts';
import { alertsListed, goToListed, type ListedAlert, markLooked, newAlerts } from '../page/alerts.ts';
import { addRule, alertRules, removeRule } from '../page/chosen-rules.ts';
import { labelsOf } from '../page/run-labels.ts';
import { session } from '../page/session.ts';
import { type AlertRule, readRule, ruleWords } from '../run/alert-rules.ts';
import { figure } from '../text/number.ts';
import { stamp } from '../text/time.ts';
import { Loops } from '../widgets/loop-choice.tsx';
import { Menu } from '../widgets/menu.tsx';

/** What happened that somebody wants to be told of, and what that is. */
export function Alerts() {
  const fresh = newAlerts.value;
  const { count } = alertsListed.value;
  return (
    <Menu
      label={
        <span class={fresh ? 'fresh' : ''}>
          Alerts{count ? ` (${fresh ? `${figure(fresh)} new` : figure(count)})` : ''}
        </span>
      }
    >
      {(close) => <Sheet close={close} />}
    </Menu>
  );
}

function Sheet({ close }: { close: () => void }) {
  session.version.value;
  const { newest, count } = alertsListed.value;
  // While it is open, all is looked at.
  useEffect(markLooked);
  const more = count - newest.length;
  const recordings = session.recordings.value;
  const runs = recordings.reduce((sum, { store }) => sum + store.runs.length, 0);
  const labels = useMemo(() => (runs > 1 ? labelsOf(recordings) : undefined), [recordings, runs]);
  return (
    <div class="sheet alerts">
      {newest.length ? (
        <ul class="scroll" aria-label="Alerts">
          {newest.map((one) => (
            <One
              key={`${one.recording.number} ${one.alert.row} ${ruleWords(one.alert.rule)}`}
              one={one}
              label={labels?.get(one.alert.actor.path.run)}
              close={close}
            />
          ))}
        </ul>
      ) : (
        <p class="note">Nothing has happened yet that an alert asks for.</p>
      )}
      {more ? <p class="note">{figure(more)} older ones are not listed.</p> : null}
      <h3>Alert when</h3>
      {alertRules.value.map((rule) => (
        <div class="point" key={ruleWords(rule)}>
          <span class="rule">{ruleWords(rule)}</span>
          <button
            type="button"
            class="flat"
            aria-label={`No alert when ${ruleWords(rule)}`}
            onClick={() => removeRule(rule)}
          >
            ✕
          </button>
        </div>
      ))}
      <NewRule />
      <Notify />
    </div>
  );
}

interface OneProps {
  one: ListedAlert;
  /** What its run is called, where there are several. */
  label: string | undefined;
  close: () => void;
}

function One({ one, label, close }: OneProps) {
  const { alert, recording } = one;
  const { store } = recording;
  return (
    <li>
      <button
        type="button"
        title={`Go there; alert when ${ruleWords(alert.rule)}`}
        onClick={() => {
          close();
          goToListed(one);
        }}
      >
        <span class="at">{stamp(alert.t - store.begin)}</span>
        {label === undefined ? null : (
          <span class="run">
            <i class={`swatch hue${session.hues.of(alert.actor.path.run)}`} />
            {label}
          </span>
        )}
        <span class={`who hue${alert.actor.path.hue}`}>{alert.actor.short}</span>
        <span class="say">{alert.says}</span>
      </button>
    </li>
  );
}

const KINDS: Record<AlertRule['kind'], { says: string; example: string }> = {
  when: { says: 'this is true', example: 'state.loss > 2' },
  stall: { says: 'no step for so many seconds', example: '30' },
  slower: { says: 'steps take so many times as long', example: '2' },
  odd: { says: 'a number is NaN or infinite', example: '' },
  failed: { says: 'a loop fails', example: '' },
};

function NewRule() {
  const kind = useSignal<AlertRule['kind']>('when');
  const text = useSignal('');
  const loop = useSignal('');
  const fault = useSignal('');
  const { example } = KINDS[kind.value];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const read = readRule(kind.value, text.value.trim(), loop.value);
        fault.value = 'fault' in read ? read.fault : '';
        if ('fault' in read) return;
        addRule(read.rule);
        text.value = '';
      }}
    >
      <select
        aria-label="Alert when"
        value={kind.value}
        onChange={(e) => {
          kind.value = e.currentTarget.value as AlertRule['kind'];
          fault.value = '';
        }}
      >
        {Object.entries(KINDS).map(([name, { says }]) => (
          <option key={name} value={name}>
            {says}
          </option>
        ))}
      </select>
      {kind.value === 'when' ? <Loops path={loop} none="any loop" /> : null}
      {example ? (
        <input
          type="text"
          aria-label={KINDS[kind.value].says}
          aria-invalid={fault.value !== ''}
          aria-describedby={fault.value ? 'alert-fault' : undefined}
          placeholder={example}
          value={text.value}
          onInput={(e) => {
            text.value = e.currentTarget.value;
            fault.value = '';
          }}
        />
      ) : null}
      <button type="submit">Add</button>
      {fault.value ? (
        <p id="alert-fault" class="fault" role="alert">
          {fault.value}
        </p>
      ) : null}
    </form>
  );
}

/** Whether alerts of a run are said outside the page, when that is not seen. */
function Notify() {
  switch (notifying.value) {
    case 'none':
      return null;
    case 'granted':
      return <p class="note">While this tab is not seen, the browser shows alerts of a run as notifications.</p>;
    case 'denied':
      return <p class="note">The browser shows no notifications of this page: its settings for this site say so.</p>;
    default:
      return (
        <p class="note">
          <button type="button" onClick={() => void askToNotify()}>
            Show notifications
          </button>{' '}
          while this tab is not seen
        </p>
      );
  }
}
