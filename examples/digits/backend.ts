import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

/** Readies TensorFlow.js on WebAssembly, from the installed package and on one thread: the same sums in the same order, always. */
export async function loadTensorFlow(): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  setWasmPaths(dirname(resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm')) + sep);
  setThreadsCount(1);
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = new Map(events.map((event) => [event, process.listeners(event as 'uncaughtException')]));
  await tf.setBackend('wasm');
  // The compiled module throws every uncaught error again from its own code: without its listeners Node shows where it came from.
  for (const event of events) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before.get(event)!.includes(listener)) process.removeListener(event, listener);
    }
  }
}
