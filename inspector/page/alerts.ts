import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Path } from '../run/actor.ts';
import { type AlertRule, FIRST_RULES, ruleIn, ruleWords } from '../run/alert-rules.ts';
import { type Alert, AlertScan, type FirstOdd } from '../run/alert-scan.ts';
import type { Contexts } from '../run/contexts.ts';
import type { Store } from '../run/store.ts';
import { keep, recall } from './browser-storage.ts';
import { session } from './session.ts';

const KEPT = 'loopchart alerts';
/** Rows are looked through for so many milliseconds at a time, and in between the page answers. */
const SLICE = 5;
const BETWEEN = 15;
/** While a file is read, that has to come first. */
const READING = 150;
/** How often it is asked whether a run stands still. */
const SECOND = 1000;
/** Milliseconds from one notification to the next. */
const SELDOM = 5000;

/** What somebody wants to be told of. Kept for the next time. */
export const alertRules: Signal<readonly AlertRule[]> = signal(recalled());
/** Goes up when there are alerts that were not there before. */
const found = signal(0);
/** Of one recording: what was found in it, and what of that is no news. */
class Alerts {
  readonly store: Store;
  readonly scan: AlertScan;
  /** The last row that was there when somebody looked at the alerts. */
  looked = -1;
  /** The last row that somebody was notified of; none before all is there that came before this page. */
  notified = Number.POSITIVE_INFINITY;

  constructor(store: Store, contexts: Contexts, rules: readonly AlertRule[], before?: Alerts) {
    this.store = store;
    this.scan = new AlertScan(store, contexts, rules);
    if (!before) return;
    this.looked = before.looked;
    this.notified = before.notified;
  }
}

let all = new WeakMap<Store, Alerts>();
let now = alertsOf();

/** The alerts of the recording that is shown. */
function alertsOf(before?: WeakMap<Store, Alerts>): Alerts {
  const { store, contexts } = session;
  const known = all.get(store) ?? new Alerts(store, contexts, alertRules.peek(), before?.get(store));
  all.set(store, known);
  return known;
}

/** What was found in the run that is shown, oldest first. */
export function alertsNow(): { alerts: readonly Alert[]; gone: number } {
  found.value;
  return now.scan;
}

/** Where a number of a loop was first not finite, where that was by the moment that is shown. */
export function firstOddOf(path: Path): FirstOdd | undefined {
  found.value;
  const first = now.scan.firstOdd.get(path);
  return first && first.row <= session.now.value ? first : undefined;
}

/** How many came since somebody looked. */
export const newAlerts: ReadonlySignal<number> = computed(() => {
  found.value;
  const { alerts } = now.scan;
  let count = 0;
  while (count < alerts.length && alerts[alerts.length - 1 - count]!.row > now.looked) count++;
  return count;
});

/** What there is has been looked at. */
export function markLooked(): void {
  const { store } = session;
  if (now.looked === store.last) return;
  now.looked = store.last;
  found.value++;
}

/** Goes to where something happened. */
export function goTo({ actor, row }: Pick<Alert, 'actor' | 'row'>): void {
  session.jump(row);
  session.select(actor.id, true);
}

export function addRule(rule: AlertRule): void {
  alertRules.value = [...alertRules.value.filter((other) => ruleWords(other) !== ruleWords(rule)), rule];
}

export function removeRule(rule: AlertRule): void {
  alertRules.value = alertRules.value.filter((other) => other !== rule);
}

/** Whether the browser shows notifications of this page: nobody is asked unless they press for it. */
export const notifying: Signal<NotificationPermission | 'none'> = signal(
  typeof Notification === 'undefined' ? 'none' : Notification.permission,
);

/** Asks the browser to be allowed to. */
export async function askToNotify(): Promise<void> {
  if (typeof Notification !== 'undefined') notifying.value = await Notification.requestPermission();
}

/** Looks through all that comes, from now on. */
export function startAlerts(): void {
  effect(() => {
    const rules = alertRules.value;
    keep('local', KEPT, rules === FIRST_RULES ? undefined : JSON.stringify(rules));
    const before = all;
    all = new WeakMap();
    now = alertsOf(before);
    found.value = found.peek() + 1;
    goOn();
  });
  effect(() => {
    session.version.value;
    arrived = performance.now();
    if (now.store !== session.store) {
      now = alertsOf();
      found.value = found.peek() + 1;
    }
    goOn();
  });
  setInterval(() => {
    // Of a program that is not there, nobody knows whether it stands still.
    if (session.status.value?.kind !== 'live') return;
    now.scan.ask(performance.now() - arrived);
    tell();
  }, SECOND);
}

let arrived = performance.now();
let waiting = 0;
/** How many alerts and odd numbers were known when that was last told. */
let known = '';

function goOn(): void {
  if (waiting) return;
  // Not by a frame: a tab that is not seen has none, and there one waits for alerts most.
  const reads = session.status.peek()?.kind === 'opening';
  waiting = window.setTimeout(
    () => {
      waiting = 0;
      const more = now.scan.scan(SLICE);
      tell();
      if (more) goOn();
      // What was there before this page is no news.
      else if (session.status.peek()?.kind === 'live' && now.notified === Number.POSITIVE_INFINITY)
        now.notified = session.store.last;
    },
    reads ? READING : BETWEEN,
  );
}

function tell(): void {
  const { alerts, gone, firstOdd } = now.scan;
  const told = `${alerts.length + gone} ${alerts[0]?.row} ${firstOdd.size}`;
  if (told === known) return;
  known = told;
  found.value++;
  notify();
}

let notifiedAt = Number.NEGATIVE_INFINITY;

/** Says it outside the page, where that is not seen. */
function notify(): void {
  const last = now.scan.alerts.at(-1);
  if (!last || last.row <= now.notified || notifying.value !== 'granted' || document.visibilityState === 'visible')
    return;
  if (performance.now() - notifiedAt < SELDOM) return;
  now.notified = last.row;
  notifiedAt = performance.now();
  try {
    // One takes the place of the one before.
    const shown = new Notification(`${last.actor.id}: ${last.says}`, { body: ruleWords(last.rule), tag: 'loopchart' });
    shown.onclick = () => {
      window.focus();
      goTo(last);
      shown.close();
    };
  } catch {
    // Some browsers let only a service worker do so.
    notifying.value = 'none';
  }
}

function recalled(): readonly AlertRule[] {
  const text = recall('local', KEPT);
  if (text === null) return FIRST_RULES;
  try {
    const rules: unknown = JSON.parse(text);
    return Array.isArray(rules) ? rules.flatMap((rule) => ruleIn(rule) ?? []) : FIRST_RULES;
  } catch {
    return FIRST_RULES;
  }
}
