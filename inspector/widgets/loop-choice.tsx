import type { Signal } from '@preact/signals';
import { session } from '../page/session.ts';

/** Which of the loops is meant, by its path: empty for what `none` says. */
export function Loops({ path, none }: { path: Signal<string>; none: string }) {
  return (
    <select
      aria-label="Loop"
      value={path.value}
      onChange={(event) => {
        path.value = event.currentTarget.value;
      }}
    >
      <option value="">{none}</option>
      {[...new Set(session.store.runs.flatMap(({ paths }) => [...paths.keys()]))].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
