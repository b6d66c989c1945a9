import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface ModalProps {
  label: string;
  class?: string;
  /** Somebody closes it by Esc: what has it open is to let go of it. Told once. */
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * A dialog that is open as long as it is drawn, and that gives the focus back to where it was.
 *
 *     Esc ─▶ cancel ─▶ onClose: it is not drawn any more ─▶ the next key opens another
 *            close, a turn later: nobody is told; by then it may be the other that is open
 */
export function Modal({ label, class: name, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isClosed = useRef(false);
  // Before the next key comes.
  useLayoutEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close();
  }, []);
  const close = () => {
    if (isClosed.current) return;
    isClosed.current = true;
    onClose();
  };
  return (
    // A browser may close it without asking first: then only the second of the two comes.
    <dialog ref={dialog} class={name} aria-label={label} onCancel={close} onClose={close}>
      {children}
    </dialog>
  );
}
