import { useLayoutEffect, useRef } from 'preact/hooks';
import { KEYS, LOCAL_KEYS } from '../page/keys.ts';
import { session } from '../page/session.ts';

/** The keys. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next key comes.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-label="Keys"
      onClose={() => {
        session.help.value = false;
      }}
    >
      <div class="columns">
        {[...KEYS, ...LOCAL_KEYS].map(([group, keys]) => (
          <section key={group}>
            <h2>{group}</h2>
            <dl>
              {keys.map((key) => (
                <div key={key.says}>
                  <dt>
                    {key.keys.map((name) => (
                      <kbd key={name}>{name}</kbd>
                    ))}
                  </dt>
                  <dd>{key.says}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="dim">
        On timeline and plots: drag selects a range. On the timeline: Shift and drag moves, the wheel zooms.
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
