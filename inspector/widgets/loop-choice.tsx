import type { Signal } from '@preact/signals';
import { session } from '../page/session.ts';

interface LoopsProps {
  path: Signal<string>;
  none: string;
  /** What else there is to choose. */
  others?: readonly string[];
}

/** Which of the loops is meant, by its path: empty for what `none` says. */
export function Loops({ path, none, others = [] }: LoopsProps) {
  const loops = session.store.runs.flatMap(({ paths }) => [...paths.keys()]);
  return (
    <select
      aria-label="Loop"
      value={path.value}
      onChange={(event) => {
        path.value = event.currentTarget.value;
      }}
    >
      <option value="">{none}</option>
      {[...new Set([...loops, ...others])].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
