import { effect, type Signal, signal } from '@preact/signals';
import { type AlertRule, FIRST_RULES, ruleIn, ruleWords } from '../run/alert-rules.ts';
import { keep, recall } from './browser-storage.ts';

const KEPT = 'loopchart alerts';

/** What somebody wants to be told of. Kept for the next time. */
export const alertRules: Signal<readonly AlertRule[]> = signal(recalled());

export function addRule(rule: AlertRule): void {
  alertRules.value = [...alertRules.value.filter((other) => ruleWords(other) !== ruleWords(rule)), rule];
}

export function removeRule(rule: AlertRule): void {
  alertRules.value = alertRules.value.filter((other) => other !== rule);
}

/** Keeps them, from now on. */
export function keepRules(): void {
  effect(() => {
    const rules = alertRules.value;
    keep('local', KEPT, rules === FIRST_RULES ? undefined : JSON.stringify(rules));
  });
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
