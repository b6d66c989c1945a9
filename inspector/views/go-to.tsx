import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { goToEvent, goToStep, stepsNow } from '../page/go-to.ts';
import { figure } from '../text/number.ts';
import { Menu } from '../widgets/menu.tsx';

/** Leads to a step of the loop that is looked at, or to an event, by its number. */
export function GoTo() {
  return <Menu label={<span id="go-to">Go to</span>}>{(close) => <Sheet close={close} />}</Menu>;
}

function Sheet({ close }: { close: () => void }) {
  const fault = useSignal('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const { name, run, all, runs } = stepsNow();
  const whole = useSignal(false);
  const most = whole.value || runs < 2 ? all : run;
  return (
    <div class="sheet go-to">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          fault.value = goToStep(field.current!.valueAsNumber, whole.value || runs < 2);
          if (!fault.value) close();
        }}
      >
        <label>
          Step{' '}
          <input
            ref={field}
            type="number"
            min={1}
            max={Math.max(1, most)}
            step={1}
            required
            aria-describedby="steps-of"
          />
        </label>
        <span id="steps-of">
          of {figure(most)} of {name}
        </span>
        <button type="submit">Go</button>
        {runs > 1 ? (
          <label class="all">
            <input
              type="checkbox"
              checked={whole.value}
              onChange={(event) => {
                whole.value = event.currentTarget.checked;
              }}
            />{' '}
            counted over all its {figure(runs)} runs, as the plots do
          </label>
        ) : null}
      </form>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const { valueAsNumber } = event.currentTarget.elements.namedItem('event') as HTMLInputElement;
          fault.value = goToEvent(valueAsNumber);
          if (!fault.value) close();
        }}
      >
        <label>
          Event <input type="number" name="event" min={0} step={1} required />
        </label>
        <button type="submit">Go</button>
      </form>
      {fault.value ? (
        <p class="fault" role="alert">
          {fault.value}
        </p>
      ) : null}
    </div>
  );
}
