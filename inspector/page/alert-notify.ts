import { type Signal, signal } from '@preact/signals';
import { ruleWords } from '../run/alert-rules.ts';
import type { Alert } from '../run/alert-scan.ts';
import type { RecordingAlerts } from './alert-watch.ts';

/** Milliseconds from one notification to the next. */
const SELDOM = 5000;

/** Whether the browser shows notifications of this page: nobody is asked unless they press for it. */
export const notifying: Signal<NotificationPermission | 'none'> = signal(
  typeof Notification === 'undefined' ? 'none' : Notification.permission,
);

/** Asks the browser to be allowed to. */
export async function askToNotify(): Promise<void> {
  if (typeof Notification !== 'undefined') notifying.value = await Notification.requestPermission();
}

let notifiedAt = Number.NEGATIVE_INFINITY;

/**
 * Says the newest alert outside the page, where that is not seen.
 * @param goTo called when the notification is pressed
 */
export function notify(all: Iterable<RecordingAlerts>, goTo: (one: RecordingAlerts, alert: Alert) => void): void {
  if (notifying.value !== 'granted' || document.visibilityState === 'visible') return;
  if (performance.now() - notifiedAt < SELDOM) return;
  const news = [...all].filter(({ scan, notified }) => (scan.alerts.at(-1)?.row ?? -1) > notified);
  const one = news.toSorted((a, b) => a.scan.alerts.at(-1)!.t - b.scan.alerts.at(-1)!.t).at(-1);
  const last = one?.scan.alerts.at(-1);
  if (!one || !last) return;
  for (const other of news) other.notified = other.scan.alerts.at(-1)!.row;
  notifiedAt = performance.now();
  try {
    // One takes the place of the one before.
    const shown = new Notification(`${last.actor.id}: ${last.says}`, { body: ruleWords(last.rule), tag: 'loopchart' });
    shown.onclick = () => {
      window.focus();
      goTo(one, last);
      shown.close();
    };
  } catch {
    // Some browsers let only a service worker do so.
    notifying.value = 'none';
  }
}
