import { useSignal } from '@preact/signals';
import { type FilePart, filePart, goToLine, readPart } from '../page/file-part.ts';
import { figure } from '../text/number.ts';
import { duration } from '../text/time.ts';

/** Says which lines of a large file are shown, and leads to the others. */
export function FilePartNotice() {
  const part = filePart();
  if (!part) return null;
  const { first, last, parts, earlier, later } = part;
  return (
    <div class="notice quiet file-part">
      <p role="status">
        {first > last ? 'Reading from line' : 'Lines'} {figure(first)} {first > last ? '' : `to ${figure(last)} `}of{' '}
        {parts.isWhole ? '' : 'at least '}
        {figure(parts.lines)} {first > last ? '' : 'are shown'}: the file is read in parts.
      </p>
      <button type="button" disabled={earlier === undefined} onClick={() => readPart(earlier)}>
        Earlier lines
      </button>
      <Whole part={part} />
      <button type="button" disabled={later === undefined} onClick={() => readPart(later)}>
        Later lines
      </button>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const field = event.currentTarget.elements.namedItem('line') as HTMLInputElement;
          if (field.value) goToLine(field.valueAsNumber);
        }}
      >
        <label>
          Line <input type="number" name="line" min={1} max={parts.lines} step={1} required />
        </label>
        <button type="submit">Go</button>
      </form>
    </div>
  );
}

/** The whole file as a slider: the part that is held is marked, and any other can be gone to. */
function Whole({ part: { first, last, shown, parts } }: { part: FilePart }) {
  /** Where the handle is drawn to, until it is let go of. */
  const drawn = useSignal<number | undefined>(undefined);
  const at = drawn.value ?? shown;
  const began = parts.marks[0]!.t;
  const told = `line ${figure(at)}, about ${duration(parts.timeOf(at - 1) - began)} after the first`;
  return (
    <span class="whole-file" style={{ '--from': (first - 1) / parts.lines, '--to': last / parts.lines }}>
      <input
        type="range"
        aria-label="Line of the file"
        aria-valuetext={told}
        title={told}
        min={1}
        max={parts.lines}
        step="any"
        value={at}
        onInput={(event) => {
          drawn.value = Math.round(event.currentTarget.valueAsNumber);
        }}
        onChange={(event) => {
          drawn.value = undefined;
          goToLine(event.currentTarget.valueAsNumber);
        }}
      />
      {drawn.value === undefined ? null : <output>{told}</output>}
    </span>
  );
}
