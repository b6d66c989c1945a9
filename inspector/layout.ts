import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import type { StateNodeJson } from './line.ts';
import { type Arrow, arrowsOf, type Box, boxesOf } from './statechart.ts';

export interface PlacedBox extends Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedArrow extends Arrow {
  d: string;
  label: { x: number; y: number; width: number; height: number };
}

export interface Picture {
  width: number;
  height: number;
  boxes: PlacedBox[];
  arrows: PlacedArrow[];
}

// The layout of a large chart takes a second: it is done in a worker, which is a file of its own because the page's
// policy allows no other.
let elk: InstanceType<typeof ELK> | undefined;
const engine = () => {
  elk ??= new ELK({ workerFactory: () => new Worker(new URL(workerUrl, location.href)) });
  return elk;
};

/** Wide enough for the text at the size the picture sets it in. */
const LETTER = 6.7;
const SMALL = 5.6;
export const LINE = 13;
export const HEAD = 26;

function sized(box: Box): { width: number; height: number } {
  const notes = box.notes.map((note) => note.text.length * SMALL + 34);
  return {
    width: Math.max(76, box.name.length * LETTER + 30, ...notes),
    height: HEAD + (box.notes.length ? box.notes.length * LINE + 5 : 0),
  };
}

function nodeOf(box: Box, boxes: readonly Box[]): ElkNode {
  const children = boxes.filter((other) => other.parent === box.id);
  if (!children.length) return { id: box.id, ...sized(box) };
  const top = HEAD + 8 + box.notes.length * LINE;
  return {
    id: box.id,
    children: children.map((child) => nodeOf(child, boxes)),
    layoutOptions: { 'elk.padding': `[top=${top},left=14,bottom=14,right=14]` },
  };
}

/** The path of an arrow, its corners rounded. */
function pathOf(edge: ElkExtendedEdge): string {
  const [section] = edge.sections ?? [];
  if (!section) return '';
  const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  let d = `M${points[0]!.x} ${points[0]!.y}`;
  for (let at = 1; at < points.length - 1; at++) {
    const [a, b, c] = [points[at - 1]!, points[at]!, points[at + 1]!];
    const before = Math.hypot(b.x - a.x, b.y - a.y);
    const after = Math.hypot(c.x - b.x, c.y - b.y);
    const r = Math.min(6, before / 2, after / 2);
    d += `L${b.x - ((b.x - a.x) / before) * r} ${b.y - ((b.y - a.y) / before) * r}`;
    d += `Q${b.x} ${b.y} ${b.x + ((c.x - b.x) / after) * r} ${b.y + ((c.y - b.y) / after) * r}`;
  }
  const last = points.at(-1)!;
  return `${d}L${last.x} ${last.y}`;
}

/** Lays a machine's chart out. States that no arrow touches, being reached from anywhere, stand in a row below. */
export async function picture(root: StateNodeJson, direction: 'RIGHT' | 'DOWN'): Promise<Picture> {
  const boxes = boxesOf(root);
  const arrows = arrowsOf(root, boxes);
  const nested = new Set(boxes.map((box) => box.parent));
  const touched = new Set(arrows.flatMap((arrow) => [arrow.from, arrow.to]));
  const loose = new Set(
    boxes.filter((box) => !box.parent && !nested.has(box.id) && !touched.has(box.id)).map((box) => box.id),
  );
  const graph: ElkNode = {
    id: '\u0000root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': direction,
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.edgeRouting': 'ORTHOGONAL',
      'elk.json.shapeCoords': 'ROOT',
      'elk.json.edgeCoords': 'ROOT',
      'elk.spacing.nodeNode': '22',
      'elk.spacing.edgeNode': '14',
      'elk.spacing.edgeEdge': '12',
      'elk.spacing.edgeLabel': '3',
      'elk.layered.spacing.nodeNodeBetweenLayers': '12',
      'elk.layered.spacing.edgeNodeBetweenLayers': '10',
      'elk.padding': '[top=8,left=8,bottom=8,right=8]',
    },
    children: boxes.filter((box) => box.parent === undefined && !loose.has(box.id)).map((box) => nodeOf(box, boxes)),
    edges: arrows.map((arrow) => ({
      id: arrow.id,
      sources: [arrow.from],
      targets: [arrow.to],
      labels: [{ text: arrow.id, width: labelWidth(arrow), height: arrow.events.length * LINE + 2 }],
    })),
  };
  const done = await engine().layout(graph);
  const placed = new Map<string, ElkNode>();
  const collect = (node: ElkNode) => {
    placed.set(node.id, node);
    node.children?.forEach(collect);
  };
  collect(done);
  const edges = new Map((done.edges ?? []).map((edge) => [edge.id, edge as ElkExtendedEdge]));
  const { width = 0, height = 0 } = done;
  let right = 8;
  let low = height;
  for (const box of boxes) {
    if (!loose.has(box.id)) continue;
    const size = sized(box);
    placed.set(box.id, { id: box.id, x: right, y: height + 6, ...size });
    right += size.width + 14;
    low = Math.max(low, height + 6 + size.height + 8);
  }
  return {
    width: Math.max(width, right),
    height: low,
    boxes: boxes.map((box) => {
      const { x = 0, y = 0, width = 0, height = 0 } = placed.get(box.id)!;
      return { ...box, x, y, width, height };
    }),
    arrows: arrows.map((arrow) => {
      const edge = edges.get(arrow.id)!;
      const { x = 0, y = 0, width = 0, height = 0 } = edge.labels?.[0] ?? {};
      return { ...arrow, d: pathOf(edge), label: { x, y, width, height } };
    }),
  };
}

/** Room for the longest event and a count behind it. */
const labelWidth = (arrow: Arrow) => Math.max(...arrow.events.map(({ text }) => text.length)) * SMALL + 24;
