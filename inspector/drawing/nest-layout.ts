/** A box to lay out: what is in it follows one another; what is in one list stands side by side. */
export interface Nested {
  readonly key: string;
  readonly regions: readonly (readonly Nested[])[];
  /** Whether others are folded into it. */
  readonly folds?: boolean;
}

/** How much wider a box is into which others are folded: the way to them stands there. As the style says. */
export const UNFOLD = 44;

/** How large boxes are, in pixels. */
export interface NestSizes {
  /** Of a box with nothing in it. */
  width: number;
  height: number;
  /** What the box says itself, above those that are in it. */
  head: number;
  /** Around what is in a box. */
  pad: number;
  /** Between boxes that follow one another: an arrow stands in it. */
  gap: number;
}

export interface PlacedNest {
  key: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** What it says itself; all of it where nothing is in it. */
  head: number;
}

export interface NestPicture {
  width: number;
  height: number;
  /** In the order of the tree. */
  boxes: PlacedNest[];
  /** The same, by their keys. */
  places: ReadonlyMap<string, PlacedNest>;
  /** Around boxes that run side by side. */
  frames: { x: number; y: number; width: number; height: number }[];
  /** From a box to the one that follows it. */
  arrows: string[];
  /** Whether boxes are too small for more than a line. */
  tight: boolean;
}

/** From roomy to tight: the first with which all is in sight is taken. */
export const NEST_SIZES: readonly NestSizes[] = [
  { width: 320, height: 104, head: 60, pad: 14, gap: 30 },
  { width: 250, height: 98, head: 60, pad: 12, gap: 28 },
  { width: 206, height: 92, head: 58, pad: 10, gap: 24 },
  { width: 168, height: 30, head: 30, pad: 6, gap: 18 },
  { width: 138, height: 26, head: 26, pad: 5, gap: 16 },
];

/** With these and smaller ones, boxes are too small for more than a line. */
const TIGHT = 3;

/** Around boxes that run side by side, and between them. */
const FRAME = 7;

/** A part of the picture, its places counted from its own corner. */
interface Block {
  width: number;
  height: number;
  boxes: PlacedNest[];
  frames: NestPicture['frames'];
  arrows: { x: number; y: number; down: boolean }[];
}

/** Lays boxes out in each other. Boxes that find no room in a row begin another. */
export function nestLayout(regions: Nested['regions'], room: { width: number; height: number }): NestPicture {
  let picture: NestPicture | undefined;
  for (const sizes of NEST_SIZES) {
    picture = pictureOf(regions, room.width, sizes);
    if (picture.width <= room.width && picture.height <= room.height) break;
  }
  return picture!;
}

/** How tall boxes are at least. */
export const leastHeight = (regions: Nested['regions'], width: number): number =>
  flow(regions, width, NEST_SIZES.at(-1)!).height;

function pictureOf(regions: Nested['regions'], width: number, sizes: NestSizes): NestPicture {
  const block = flow(regions, width, sizes);
  return {
    width: block.width,
    height: block.height,
    boxes: block.boxes,
    places: new Map(block.boxes.map((box) => [box.key, box])),
    frames: block.frames,
    arrows: block.arrows.map(({ x, y, down }) => arrowPath(x, y, down, sizes.gap - 10)),
    tight: NEST_SIZES.indexOf(sizes) >= TIGHT,
  };
}

/** Around its middle: a line, and a point at its end. */
function arrowPath(x: number, y: number, down: boolean, length: number): string {
  const half = length / 2;
  return down ? `M${x} ${y - half}V${y + half}m-4 -4l4 4l4 -4` : `M${x - half} ${y}H${x + half}m-4 -4l4 4l-4 4`;
}

/** A box and all that is in it. */
function boxOf(nested: Nested, room: number, sizes: NestSizes): Block {
  const { height, head, pad } = sizes;
  const width = sizes.width + (nested.folds ? UNFOLD : 0);
  const own = { key: nested.key, x: 0, y: 0 };
  if (!nested.regions.length)
    return { width, height, boxes: [{ ...own, width, height, head: height }], frames: [], arrows: [] };
  const inside = flow(nested.regions, Math.max(width, room - 2 * pad), sizes);
  const size = { width: Math.max(width, inside.width + 2 * pad), height: head + inside.height + pad };
  const block: Block = { ...size, boxes: [{ ...own, ...size, head }], frames: [], arrows: [] };
  put(block, inside, pad, head);
  return block;
}

/** What follows one another, with arrows between. */
function flow(regions: Nested['regions'], room: number, sizes: NestSizes): Block {
  const blocks = regions.map((region) =>
    region.length === 1 ? boxOf(region[0]!, room, sizes) : sideBySide(region, room, sizes),
  );
  return inRows(blocks, room, sizes.gap, true);
}

function sideBySide(region: readonly Nested[], room: number, sizes: NestSizes): Block {
  const inner = room - 2 * FRAME;
  const inside = inRows(
    region.map((nested) => boxOf(nested, inner, sizes)),
    inner,
    FRAME,
    false,
  );
  const size = { width: inside.width + 2 * FRAME, height: inside.height + 2 * FRAME };
  const block: Block = { ...size, boxes: [], frames: [{ x: 0, y: 0, ...size }], arrows: [] };
  put(block, inside, FRAME, FRAME);
  return block;
}

function inRows(blocks: readonly Block[], room: number, gap: number, arrows: boolean): Block {
  const all: Block = { width: 0, height: 0, boxes: [], frames: [], arrows: [] };
  let [x, y] = [0, 0];
  let before: Block | undefined;
  for (const block of blocks) {
    const wraps = before !== undefined && x + gap + block.width > room;
    if (wraps) {
      y = all.height + gap;
      x = 0;
    } else if (before) x += gap;
    if (before && arrows) {
      // At the height of the names, so that arrows of a row lie on one line.
      if (wraps) all.arrows.push({ x: 20, y: y - gap / 2, down: true });
      else all.arrows.push({ x: x - gap / 2, y: y + 15, down: false });
    }
    put(all, block, x, y);
    x += block.width;
    all.width = Math.max(all.width, x);
    all.height = Math.max(all.height, y + block.height);
    before = block;
  }
  return all;
}

/** Puts a block into one around it. */
function put(around: Block, block: Block, x: number, y: number): void {
  for (const box of block.boxes) around.boxes.push({ ...box, x: box.x + x, y: box.y + y });
  for (const frame of block.frames) around.frames.push({ ...frame, x: frame.x + x, y: frame.y + y });
  for (const arrow of block.arrows) around.arrows.push({ ...arrow, x: arrow.x + x, y: arrow.y + y });
}
