import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { StateNodeJson } from '../lines/line.ts';
import { type Arrow, arrowsOf, type Box, boxesOf, type Note } from './statechart.ts';

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

/** What gives each node of a graph its place. */
export type Layout = (graph: ElkNode) => Promise<ElkNode>;

/** Wide enough for the text at the size the picture sets it in. */
const LETTER = 6.7;
const SMALL = 5.6;
export const LINE = 13;
export const HEAD = 26;
/** Between states that stand by themselves. */
const GAP = 14;

/** Of a count in five signs, what has no room behind the events of an arrow: those have room around them, boxes have none. */
const COUNT = 24;

/** As many letters as an event and its guard take, and room for a count behind them. */
const letters = ({ text, guard }: Note) => text.length + (guard ? guard.length + 4 : 0);
const noteWidth = (note: Note) => letters(note) * SMALL + 22;

function sized(box: Box): { width: number; height: number } {
  return {
    width: Math.max(76, box.name.length * LETTER + 30, ...box.notes.map((note) => noteWidth(note) + 10 + COUNT)),
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

/** Tight: a chart is to be seen whole, and its text to be read. */
const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.spacing.nodeNode': '22',
  'elk.spacing.edgeNode': '8',
  'elk.spacing.edgeEdge': '8',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.spacing.nodeNodeBetweenLayers': '5',
  'elk.layered.spacing.edgeNodeBetweenLayers': '5',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '5',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.edgeLabels.centerLabelPlacementStrategy': 'WIDEST_LAYER',
  'elk.padding': '[top=8,left=8,bottom=8,right=8]',
};

/** States that no arrow touches, being reached from anywhere, stand in a row below the others or in a column beside them. */
type Side = 'below' | 'beside';

/** Lays a machine's chart out in all the ways there are: none is best for every pane. */
export async function pictures(root: StateNodeJson, layout: Layout): Promise<Picture[]> {
  const boxes = boxesOf(root);
  const arrows = arrowsOf(root, boxes);
  const nested = new Set(boxes.map((box) => box.parent));
  const touched = new Set(arrows.flatMap((arrow) => [arrow.from, arrow.to]));
  const loose = boxes.filter((box) => !box.parent && !nested.has(box.id) && !touched.has(box.id));
  const top = boxes.filter((box) => box.parent === undefined && !loose.includes(box));
  const graph = (direction: 'RIGHT' | 'DOWN'): ElkNode => ({
    id: '\u0000root',
    layoutOptions: { ...OPTIONS, 'elk.direction': direction },
    children: top.map((box) => nodeOf(box, boxes)),
    edges: arrows.map(({ id, from, to, events }) => {
      const label = { text: id, width: Math.max(...events.map(noteWidth)), height: events.length * LINE + 2 };
      return { id, sources: [from], targets: [to], labels: [label] };
    }),
  });
  const laid = await Promise.all([layout(graph('RIGHT')), layout(graph('DOWN'))]);
  const sides: Side[] = loose.length ? ['below', 'beside'] : ['below'];
  return laid.flatMap((one) => sides.map((side) => picture(one, boxes, arrows, loose, side)));
}

function picture(laid: ElkNode, boxes: Box[], arrows: Arrow[], loose: Box[], side: Side): Picture {
  const placed = new Map<string, ElkNode>();
  const collect = (node: ElkNode) => {
    placed.set(node.id, node);
    node.children?.forEach(collect);
  };
  collect(laid);
  const edges = new Map((laid.edges ?? []).map((edge) => [edge.id, edge as ElkExtendedEdge]));
  let { width = 0, height = 0 } = laid;
  let [x, y] = side === 'below' ? [GAP / 2, height + GAP / 2] : [width + GAP / 2, GAP / 2];
  for (const box of loose) {
    const size = sized(box);
    placed.set(box.id, { id: box.id, x, y, ...size });
    width = Math.max(width, x + size.width + GAP / 2);
    height = Math.max(height, y + size.height + GAP / 2);
    if (side === 'below') x += size.width + GAP;
    else y += size.height + GAP;
  }
  return {
    width,
    height,
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

/** The picture that is largest in a pane of a size. */
export function largest(pictures: readonly Picture[], width: number, height: number): Picture {
  const scale = (picture: Picture) => Math.min(width / picture.width, height / picture.height);
  return pictures.reduce((best, picture) => (scale(picture) > scale(best) ? picture : best));
}
