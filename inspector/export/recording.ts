import { marked } from '../../src/data/shared.ts';
import type { ActorLine, LoopContext } from '../lines/line.ts';
import { asItCame } from '../lines/whole-line.ts';
import type { Actor } from '../run/actor.ts';
import type { Contexts } from '../run/contexts.ts';
import type { Store } from '../run/store.ts';
import { saveFile } from './download.ts';

/** Lines are turned to text so many at a time, so that the page stays awake. */
const PORTION = 2000;

/**
 * The recording as this page holds it. Where its first lines were dropped, each loop that still matters begins with
 * a line of how it stood then, marked late, so that the file can be opened by itself.
 */
export async function* recordingLines(store: Store, contexts: Contexts): AsyncGenerator<string> {
  const first = store.first;
  if (!store.end) return;
  if (store.line(first).type !== 'recording') {
    const { seq, t } = store.line(first);
    yield `${JSON.stringify({ type: 'recording', seq: seq - 1, t, format: 1, runId: store.runId })}\n`;
    for (const chart of store.charts.values()) if (chart.seq < seq) yield `${JSON.stringify(chart)}\n`;
    for (const actor of store.actors.values()) {
      const own = actor.rows.length ? store.line(actor.rows.row(0)) : undefined;
      if (own?.type === 'actor') continue;
      const line: ActorLine = {
        type: 'actor',
        seq: seq - 1,
        t: actor.from,
        id: actor.id,
        path: actor.path.name,
        name: actor.name,
        loop: actor.loop,
        ...(actor.parent && { parent: actor.parent.id }),
        ...(actor.kind !== '' && { kind: actor.kind }),
        ...(actor.under !== '' && { under: actor.under }),
        chart: actor.chart,
        value: actor.baseValue || (actor.kind === '' ? 'advancing' : 'active'),
        context: contextOf(actor, contexts.at(actor, first - 1) ?? {}),
        status: 'active',
        late: true,
      };
      yield `${JSON.stringify(line)}\n`;
    }
  }
  for (let row = first; row < store.end; ) {
    let text = '';
    for (const until = Math.min(store.end, row + PORTION); row < until; row++)
      text += `${JSON.stringify(asItCame(store.line(row)))}\n`;
    yield text;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** As lines have it. */
const contextOf = (actor: Actor, context: LoopContext): LoopContext =>
  (actor.kind === '' ? marked(context) : context.context) as LoopContext;

/** The same, gzipped, as a file's content. */
export async function recordingFile(store: Store, contexts: Contexts): Promise<Blob> {
  const lines = recordingLines(store, contexts);
  const text = new ReadableStream<string>({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const zipped = text.pipeThrough(new TextEncoderStream() as any).pipeThrough(new CompressionStream('gzip') as any);
  return new Response(zipped as ReadableStream).blob();
}

/** What a run is called in the names of files. */
export const nameOf = (store: Store): string => (store.runId || 'run').replace(/[^\w.-]+/g, '-');

/** Downloads it. */
export async function saveRecording({ store, contexts }: { store: Store; contexts: Contexts }): Promise<void> {
  saveFile(`${nameOf(store)}.jsonl.gz`, 'application/gzip', [await recordingFile(store, contexts)]);
}
