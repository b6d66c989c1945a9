import { type Signal, signal } from '@preact/signals';
import type { NestBox } from '../run/nest.ts';
import { nestNow } from './nest-now.ts';
import { anyText, flag, keepInLink } from './view-state.ts';

/** The box that is looked into, by its key; empty for the whole program. */
const within: Signal<string> = signal('');
/** Whether all levels of boxes are drawn, however little room there is. */
export const whole: Signal<boolean> = signal(false);
keepInLink('nest.in', anyText(within));
keepInLink('nest.whole', flag(whole));

/** What of the nest is drawn. */
export const nestSight = (): { within: string; whole: boolean } => ({ within: within.value, whole: whole.value });

/** The boxes that lie around the picture, from the outermost; the last of them is looked into. */
export function boxesAround(): NestBox[] {
  const around: NestBox[] = [];
  let box = nestNow().boxes.find(({ key }) => key === within.value);
  for (; box; box = box.parent) around.unshift(box);
  return around;
}

/** Draws a box as the outermost: there is more room for what is in it. Of the outermost itself, all of the program. */
export function lookInto(box: NestBox | undefined): void {
  within.value = box?.parent ? box.key : '';
}

/** Draws what is around the box that is looked into. */
export function lookOut(): void {
  lookInto(boxesAround().at(-1)?.parent);
}
