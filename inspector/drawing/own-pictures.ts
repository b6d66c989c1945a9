import ELK from 'elkjs/lib/elk.bundled.js';
import { chartLine } from '../../src/inspect/wire.ts';
import type { StateNodeJson } from '../lines/line.ts';
import { type Picture, pictures } from './chart-layout.ts';

/** The pictures of the library's own chart, for whoever builds the page. */
export async function ownPictures(): Promise<{ root: string; pictures: Picture[] }> {
  const { root } = chartLine(0, 0);
  const elk = new ELK();
  const own = await pictures(root as StateNodeJson, (graph) => elk.layout(graph));
  return { root: JSON.stringify(root), pictures: own };
}
