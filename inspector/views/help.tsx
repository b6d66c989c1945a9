import { KEYS, LOCAL_KEYS } from '../page/keys.ts';
import { session } from '../page/session.ts';
import { Modal } from '../widgets/modal.tsx';

/** The keys. */
export function Help() {
  const close = () => {
    session.help.value = false;
  };
  return (
    <Modal class="help" label="Keys" onClose={close}>
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
      <button type="button" onClick={close}>
        Close
      </button>
    </Modal>
  );
}
