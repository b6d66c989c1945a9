import { batch, computed, type ReadonlySignal } from '@preact/signals';
import type { Path } from '../run/actor.ts';
import type { Alert, FirstOdd } from '../run/alert-scan.ts';
import { keysText } from '../run/held.ts';
import { exact, figure } from '../text/number.ts';
import { notify } from './alert-notify.ts';
import { alertsOf, alertsOfAll, found, type RecordingAlerts, startWatching } from './alert-watch.ts';
import { keepRules } from './chosen-rules.ts';
import type { Recording } from './recording.ts';
import { session } from './session.ts';

/** An alert in a list of those of all recordings. */
export interface ListedAlert {
  alert: Alert;
  recording: Recording;
}

const NONE: readonly Alert[] = [];

/** What was found in the recording that is shown, oldest first. */
export function alertsNow(): readonly Alert[] {
  found.value;
  return alertsOf(session.recording.value)?.scan.alerts ?? NONE;
}

/** So many of the newest are listed. */
const LISTED = 200;

/** What was found in all recordings that are open: the newest, and how many there were in all. */
export const alertsListed: ReadonlySignal<{ newest: readonly ListedAlert[]; count: number }> = computed(() => {
  found.value;
  let count = 0;
  const newest: ListedAlert[] = [];
  for (const { recording, scan } of alertsOfAll()) {
    count += scan.alerts.length + scan.gone;
    for (const alert of scan.alerts.slice(-LISTED)) newest.push({ alert, recording });
  }
  return { newest: newest.sort((a, b) => b.alert.t - a.alert.t).slice(0, LISTED), count };
});

/** Where a number of a loop was first not finite, where that was by the moment that is shown. */
export function firstOddOf(path: Path): FirstOdd | undefined {
  found.value;
  const first = alertsOf(session.recording.value)?.scan.firstOdd.get(path);
  return first && first.row <= session.now.value ? first : undefined;
}

/** "loss NaN, first at step 53"; nothing where all numbers of a loop are finite. */
export function firstOddWords(path: Path): string | undefined {
  const first = firstOddOf(path);
  return first && `${keysText(first.keys)} ${exact(first.value)}, first at step ${figure(first.step)}`;
}

/** How many came since somebody looked, in all recordings. */
export const newAlerts: ReadonlySignal<number> = computed(() => {
  found.value;
  let sum = 0;
  for (const { scan, looked } of alertsOfAll()) {
    const { alerts } = scan;
    let count = 0;
    while (count < alerts.length && alerts[alerts.length - 1 - count]!.row > looked) count++;
    sum += count;
  }
  return sum;
});

/** What there is has been looked at. */
export function markLooked(): void {
  let isNews = false;
  for (const one of alertsOfAll()) {
    const { last } = one.recording.store;
    if (one.looked === last) continue;
    isNews ||= (one.scan.alerts.at(-1)?.row ?? -1) > one.looked;
    one.looked = last;
  }
  if (isNews) found.value++;
}

/** Goes to where something happened in what is shown. */
export function goTo({ actor, row }: Pick<Alert, 'actor' | 'row'>): void {
  session.jump(row);
  session.select(actor.id, true);
}

/** Goes to where something happened, in whichever recording. */
export function goToListed({ recording, alert }: ListedAlert): void {
  batch(() => {
    if (session.recordings.value.includes(recording)) session.show(recording);
    if (session.recording.value === recording) goTo(alert);
  });
}

/** Looks through all that comes, from now on. */
export function startAlerts(): void {
  keepRules();
  const go = ({ recording }: RecordingAlerts, alert: Alert) => goToListed({ recording, alert });
  startWatching(() => notify(alertsOfAll(), go));
}
