import { effect, type Signal, signal, untracked } from '@preact/signals';
import type { AlertRule } from '../run/alert-rules.ts';
import { AlertScan } from '../run/alert-scan.ts';
import { alertRules } from './chosen-rules.ts';
import type { Recording } from './recording.ts';
import { session } from './session.ts';

/** Rows are looked through for so many milliseconds at a time, of all recordings together, and in between the page answers. */
const SLICE = 5;
const BETWEEN = 15;
/** While a file is read, that has to come first. */
const READING = 150;
/** How often it is asked whether a run stands still. */
const SECOND = 1000;

/** What was found in a recording, and what of that is no news. */
export class RecordingAlerts {
  readonly recording: Recording;
  readonly scan: AlertScan;
  /** The last row that was there when somebody looked at the alerts. */
  looked = -1;
  /** The last row that somebody was notified of; none before all is there that came before this page. */
  notified = Number.POSITIVE_INFINITY;
  /** One past the last row that has come, and when that was. */
  end = 0;
  arrived: number = performance.now();

  constructor(recording: Recording, rules: readonly AlertRule[], before?: RecordingAlerts) {
    this.recording = recording;
    this.scan = new AlertScan(recording.store, recording.contexts, rules);
    if (!before) return;
    this.looked = before.looked;
    this.notified = before.notified;
    this.end = before.end;
    this.arrived = before.arrived;
  }

  get isLive(): boolean {
    return this.recording.status.peek()?.kind === 'live';
  }
}

let all = new Map<Recording, RecordingAlerts>();
/** Goes up when there are alerts that were not there before, or are no news any more. */
export const found: Signal<number> = signal(0);

/** What was found in each recording that is open, in the order in which they were opened. */
export const alertsOfAll = (): Iterable<RecordingAlerts> => all.values();

export const alertsOf = (recording: Recording | undefined): RecordingAlerts | undefined =>
  recording && all.get(recording);

/** Looks through all that comes, of whichever recording, from now on. @param told called when something was found */
export function startWatching(told: () => void): void {
  let rules: readonly AlertRule[] | undefined;
  let waiting = 0;
  /** How many alerts and odd numbers were known when that was last told. */
  let known = '';
  effect(() => {
    const isOther = rules !== alertRules.value;
    rules = alertRules.value;
    session.arrived.value;
    const recordings = session.recordings.value;
    untracked(() => {
      const before = all;
      all = new Map();
      for (const recording of recordings) {
        const known = before.get(recording);
        const one = known && !isOther ? known : new RecordingAlerts(recording, alertRules.value, known);
        all.set(recording, one);
        if (one.end === recording.store.end) continue;
        one.end = recording.store.end;
        one.arrived = performance.now();
      }
      if (isOther || [...before.keys()].some((recording) => !all.has(recording))) found.value++;
      goOn();
    });
  });
  setInterval(() => {
    // Of a program that is not there, nobody knows whether it stands still.
    for (const one of all.values()) if (one.isLive) one.scan.ask(performance.now() - one.arrived);
    tell();
  }, SECOND);

  function goOn(): void {
    if (waiting) return;
    // Not by a frame: a tab that is not seen has none, and there one waits for alerts most.
    const reads = session.recordings.peek().some(({ status }) => status.peek()?.kind === 'opening');
    waiting = window.setTimeout(
      () => {
        waiting = 0;
        const more = look();
        tell();
        if (more) goOn();
      },
      reads ? READING : BETWEEN,
    );
  }

  function tell(): void {
    const now = [...all.values()].map(({ recording, scan: { alerts, gone, firstOdd } }) =>
      [recording.number, alerts.length + gone, alerts[0]?.row, firstOdd.size].join(' '),
    );
    if (now.join() === known) return;
    known = now.join();
    found.value++;
    told();
  }
}

/** Looks on in what is not looked through, and tells whether there is more. Programs come first, then what is shown. */
function look(): boolean {
  const shown = session.recording.peek();
  const rank = ({ recording, isLive }: RecordingAlerts) => (isLive ? 0 : recording === shown ? 1 : 2);
  const until = performance.now() + SLICE;
  let more = false;
  for (const one of [...all.values()].sort((a, b) => rank(a) - rank(b))) {
    const left = until - performance.now();
    const hasMore = left > 0 ? one.scan.scan(left) : !one.scan.isThrough;
    more ||= hasMore;
    // What was there before this page is no news.
    if (!hasMore && one.isLive && one.notified === Number.POSITIVE_INFINITY) one.notified = one.recording.store.last;
  }
  return more;
}
