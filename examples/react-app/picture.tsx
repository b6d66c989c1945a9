import { useEffect, useRef } from 'react';
import { draw } from './draw.ts';

/** What the net thinks of each place, with the points on top. */
export function Picture({ picture }: { picture: number[] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, picture);
  }, [picture]);
  return <canvas ref={canvas} role="img" aria-label="The plane, coloured by what the net thinks, and the points" />;
}
