import { filePart, readPart } from '../page/file-part.ts';
import { figure } from '../text/number.ts';

/** Says which lines of a large file are shown, and leads to the others. */
export function FilePartNotice() {
  const part = filePart();
  if (!part) return null;
  const { first, last, lines, isWhole, earlier, later } = part;
  return (
    <p class="notice quiet" role="status">
      Lines {figure(first)} to {figure(last)} of {isWhole ? '' : 'at least '}
      {figure(lines)} are shown: the file is read in parts.{' '}
      <button type="button" disabled={earlier === undefined} onClick={() => readPart(earlier)}>
        Earlier lines
      </button>{' '}
      <button type="button" disabled={later === undefined} onClick={() => readPart(later)}>
        Later lines
      </button>
    </p>
  );
}
