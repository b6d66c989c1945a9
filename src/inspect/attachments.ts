import type { AnyActorRef, InspectionEvent } from 'xstate';

type System = AnyActorRef['system'];

/** The systems that an observer was attached to while they went on. None of them is kept: they may end and be gone. */
export class Attachments {
  readonly #subscriptions = new WeakMap<System, { unsubscribe(): void }>();
  #systems: WeakRef<System>[] = [];
  /** Those that are looked through for what is gone once there are so many. */
  #most = 16;

  /** Subscribes an observer, unless it was before. */
  add(system: System, observer: { next(event: InspectionEvent): void }): void {
    if (this.#subscriptions.has(system)) return;
    this.#subscriptions.set(system, system.inspect(observer));
    if (this.#systems.length >= this.#most) {
      this.#systems = this.#systems.filter((one) => one.deref() !== undefined);
      this.#most = Math.max(16, this.#systems.length * 2);
    }
    this.#systems.push(new WeakRef(system));
  }

  close(): void {
    for (const one of this.#systems) {
      const system = one.deref();
      if (system === undefined) continue;
      this.#subscriptions.get(system)?.unsubscribe();
      this.#subscriptions.delete(system);
    }
    this.#systems = [];
  }
}
