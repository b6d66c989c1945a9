// Draws on a canvas; of the loops it knows the points and the size of the picture.
import { points, side } from './training/spirals.ts';

const size = 640;
const colours = [
  [37, 99, 184],
  [222, 110, 30],
] as const;

/** @param picture what the net thinks of each place, row by row, in percents; none: the points alone */
export function draw(canvas: HTMLCanvasElement, picture: number[]): void {
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d')!;
  if (picture.length > 0) {
    context.globalAlpha = 0.55;
    context.drawImage(small(picture), 0, 0, size, size);
    context.globalAlpha = 1;
  }
  const at = (place: number) => ((place + 1) / 2) * size;
  for (const { x, y, spiral } of points) {
    context.beginPath();
    context.arc(at(x), at(-y), 7, 0, 2 * Math.PI);
    context.fillStyle = `rgb(${colours[spiral].join()})`;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = '#fff';
    context.stroke();
  }
}

/** A pixel for each place. Where the net does not know, it is clear. */
function small(picture: number[]): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(side, side);
  for (const [index, percent] of picture.entries()) {
    const sure = Math.abs(percent - 50) / 50;
    image.data.set([...colours[percent > 50 ? 1 : 0], Math.round(255 * sure)], index * 4);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
