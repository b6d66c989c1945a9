const width = 320;
const height = 300;
const left = 34;
const bottom = 26;

/** The loss of each epoch as a line; the mean of guessing is 0.69, so that 0 to 0.8 shows all there is. */
export function LossPlot({ losses, epochs }: { losses: number[]; epochs: number }) {
  const x = (epoch: number) => left + (epoch / epochs) * (width - left - 10);
  const y = (loss: number) => 10 + (1 - Math.min(loss, 0.8) / 0.8) * (height - bottom - 10);
  const line = losses.map((loss, index) => `${x(index + 1)},${y(loss)}`).join(' ');
  const last = losses.at(-1);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Loss of ${losses.length} epochs`}>
      {[0, 0.2, 0.4, 0.6, 0.8].map((loss) => (
        <g key={loss}>
          <line className="grid" x1={left} x2={width - 10} y1={y(loss)} y2={y(loss)} />
          <text x={left - 8} y={y(loss) + 4} textAnchor="end">
            {loss.toFixed(1)}
          </text>
        </g>
      ))}
      {[0, 1 / 4, 1 / 2, 3 / 4, 1].map((part) => (
        <text key={part} x={x(part * epochs)} y={height - 6} textAnchor={part === 1 ? 'end' : 'middle'}>
          {Math.round(part * epochs)}
        </text>
      ))}
      <polyline className="loss" points={line} />
      {last !== undefined && (
        <>
          <circle className="dot" cx={x(losses.length)} cy={y(last)} r="4" />
          <text className="last" x={Math.min(x(losses.length) + 8, width - 44)} y={y(last) - 10}>
            {last.toFixed(3)}
          </text>
        </>
      )}
    </svg>
  );
}
