import { sparkLine } from '../run/spark.ts';

/** The line through some numbers, as small as it may be. */
export function Curve({ values }: { values: readonly number[] }) {
  return (
    <svg class="curve" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
      <path d={sparkLine(values)} />
    </svg>
  );
}

/** How many there are in each part, as bars. */
export function Bars({ counts }: { counts: readonly number[] }) {
  const most = Math.max(1, ...counts);
  const width = 100 / counts.length;
  return (
    <svg class="bars" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">
      {counts.map((count, at) => {
        // One among many is seen, too.
        const height = count ? Math.max(1, (count / most) * 20) : 0;
        return <rect key={at} x={at * width} y={20 - height} width={width * 0.86} height={height} />;
      })}
    </svg>
  );
}
