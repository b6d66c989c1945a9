/** Where a run is to pause. All that it says has to be so. */
export interface Breakpoint {
  /** One run of a loop: `fit.epoch#3`. */
  id?: string;
  /** Every run of a loop: `fit.epoch`. */
  path?: string;
  /** When it enters this state. */
  state?: string;
  /** After this event; `*` at its end stands for anything. */
  event?: string;
  /** When this becomes true of the context: `state.loss > 2`. */
  when?: string;
}

/** What happened to a loop, as far as a breakpoint asks. */
export interface Happening {
  id: string;
  path: string;
  /** The state before; `undefined` for a loop that has begun. */
  before: string | undefined;
  value: string;
  /** The event's; empty for a loop that has begun. */
  type: string;
}

/** Whether all that a breakpoint says is so, apart from its condition. */
export function matches(point: Breakpoint, { id, path, before, value, type }: Happening): boolean {
  // Where a breakpoint is met the run is paused: that is no moment to look for another.
  if (type === 'loop.pause' && point.event === undefined) return false;
  if (point.id !== undefined && point.id !== id) return false;
  if (point.path !== undefined && point.path !== path) return false;
  if (point.state !== undefined && (point.state !== value || value === before)) return false;
  if (point.event === undefined) return true;
  return point.event.endsWith('*') ? type.startsWith(point.event.slice(0, -1)) : type === point.event;
}
