/** What a browser keeps for a page: `local` until it is thrown away, `session` as long as the tab. */
type Place = 'local' | 'session';

/**
 * Asking for the storage throws in a sandboxed frame, or where this site may keep nothing. The page works all the
 * same: then it begins anew each time.
 */
const storage = (place: Place): Storage => (place === 'local' ? localStorage : sessionStorage);

export function recall(place: Place, name: string): string | null {
  try {
    return storage(place).getItem(name);
  } catch {
    return null;
  }
}

/** @param text nothing, to forget it */
export function keep(place: Place, name: string, text: string | undefined): void {
  try {
    if (text === undefined) storage(place).removeItem(name);
    else storage(place).setItem(name, text);
  } catch {
    // There is no room, or nothing may be kept.
  }
}
