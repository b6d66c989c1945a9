import { randomFrom } from './random.ts';

/** A point within -1 to 1 both ways, and the spiral that it belongs to. */
export interface Point {
  x: number;
  y: number;
  spiral: 0 | 1;
}

/** Two spirals, one within the other, with some noise. @param count of the points of both */
function spirals(count: number): Point[] {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, index) => {
    const spiral = index % 2 === 0 ? 0 : 1;
    const along = 0.1 + (0.9 * index) / count;
    const angle = along * 1.3 * 2 * Math.PI + spiral * Math.PI;
    const radius = along * 0.92;
    const noise = () => (random() - 0.5) * 0.08;
    return { x: radius * Math.cos(angle) + noise(), y: radius * Math.sin(angle) + noise(), spiral };
  });
}

/** The training is about these. */
export const points: Point[] = spirals(240);

/** Places in a row, and rows, of the picture of what a net thinks of the plane. */
export const side = 28;
