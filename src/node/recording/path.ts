/** A path for a message of one line: names may have line breaks and what moves the cursor in them. */
export function shownPath(path: string): string {
  return path.replaceAll(/\p{Cc}|\p{Cf}|\u2028|\u2029/gu, '\ufffd');
}
