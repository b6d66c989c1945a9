import type { InspectionEvent } from 'xstate';
import { Inspection } from '../inspect/inspection.ts';
import { say } from './stderr.ts';

/**
 * With `LOOPCHART_INSPECT=1` in the environment, every run of this process is inspected, without a change to its code.
 * @param observers where to put one that watches every run
 */
export function inspectEverywhere(observers: { next(event: InspectionEvent): void }[]): void {
  const { LOOPCHART_INSPECT: wanted = '' } = process.env;
  if (wanted === '' || wanted === '0') return;
  // It takes down what happens from the first event on; the server comes up beside it.
  const inspection = new Inspection();
  observers.push(inspection);
  void serve(inspection);
}

async function serve(inspection: Inspection): Promise<void> {
  try {
    const [{ serveInspection }, { builtPage }] = await Promise.all([import('./inspector.ts'), import('./page.ts')]);
    await serveInspection(inspection, {}, builtPage());
  } catch (error) {
    say(`loopchart: LOOPCHART_INSPECT is set, but ${(error as Error).message}\n`);
  }
}
