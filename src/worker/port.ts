import { MisconfigurationError } from '../data/errors.ts';
import { shown } from '../data/shown.ts';

/** One end of a way for messages in a browser: a `Worker`, its `self`, a `MessagePort`. */
export interface WebPort {
  postMessage(message: any, transfer: any[]): void;
  addEventListener(type: any, listener: (event: any) => void): void;
  removeEventListener(type: any, listener: (event: any) => void): void;
  start?(): void;
}

/** The same in Node: a `Worker` of `node:worker_threads`, its `parentPort`, a `MessagePort`. */
export interface NodePort {
  postMessage(message: any, transfer?: any[]): void;
  on(event: any, listener: (...args: any[]) => void): unknown;
  off(event: any, listener: (...args: any[]) => void): unknown;
}

/** One end of a way for messages. What else goes over it is left alone. */
export type WorkerPort = WebPort | NodePort;

/** What loopchart says bears this, so that others may use the same way. */
export const mark = 'run';

/** Node's ports know both kinds of listeners, and only one of them tells of the end. */
export function isNodePort(port: WorkerPort): port is NodePort {
  return typeof (port as Partial<NodePort>).on === 'function';
}

/** @throws MisconfigurationError for what is none */
export function checkPort(port: unknown, whose: string, hint: string): asserts port is WorkerPort {
  const { postMessage, on, addEventListener } = (port ?? {}) as Partial<WebPort & NodePort>;
  if (typeof postMessage === 'function' && (typeof on === 'function' || typeof addEventListener === 'function')) return;
  throw new MisconfigurationError(`${whose} expected one end of a way for messages, got \`${shown(port)}\`. ${hint}`);
}

/** The way from a worker to whoever has made it; `undefined` elsewhere. */
export function portOfWorker(): WorkerPort | undefined {
  const { process, WorkerGlobalScope, self } = globalThis as {
    process?: { getBuiltinModule?(name: string): { parentPort?: NodePort | null } | undefined };
    WorkerGlobalScope?: unknown;
    self?: WebPort;
  };
  const inNode = process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (inNode) return inNode;
  // A shared worker has a port for each page, and none of its own.
  const isWorker = typeof WorkerGlobalScope === 'function' && typeof self?.postMessage === 'function';
  return isWorker ? self : undefined;
}

/** Calls back with each message that comes. @returns what ends that */
export function hear(port: WorkerPort, listener: (message: unknown) => void): () => void {
  if (isNodePort(port)) {
    port.on('message', listener);
    return () => port.off('message', listener);
  }
  const heard = ({ data }: { data: unknown }) => listener(data);
  port.addEventListener('message', heard);
  port.start?.();
  return () => port.removeEventListener('message', heard);
}
