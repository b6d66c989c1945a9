/** A length of time in as few signs as say enough. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const size = Math.abs(ms);
  if (size < 0.001) return '0';
  if (size < 1) return `${(ms * 1000).toFixed(0)} µs`;
  if (size < 10) return `${ms.toFixed(2)} ms`;
  if (size < 1000) return `${ms.toFixed(size < 100 ? 1 : 0)} ms`;
  if (size < 60_000) return `${(ms / 1000).toFixed(size < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} m ${String(Math.floor((ms % 60_000) / 1000)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`;
}

/** A moment, told as exactly as neighbours need to differ; `step` is how far apart they are. */
export function stamp(ms: number, step = 1): string {
  if (ms < 1000 && step < 1000) return duration(ms);
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(step / 1000) - 1e-9)));
  if (ms < 60_000) return `${(ms / 1000).toFixed(digits)} s`;
  const seconds = ((ms % 60_000) / 1000).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes}:${seconds}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`;
}

/** Steps a second. */
export function rate(perSecond: number): string {
  if (perSecond >= 10_000) return `${(perSecond / 1000).toFixed(0)} k/s`;
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)} k/s`;
  return perSecond >= 10 ? `${perSecond.toFixed(0)}/s` : `${perSecond.toFixed(perSecond >= 1 ? 1 : 2)}/s`;
}

export function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** The time of day of an epoch time in milliseconds, told as exactly as neighbours need to differ, `step` ms apart. */
export function clock(ms: number, step = 1000): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const digits = Math.min(3, Math.max(0, Math.ceil(-Math.log10(step / 1000) - 1e-9)));
  const part = digits ? `.${String(at.getMilliseconds()).padStart(3, '0').slice(0, digits)}` : '';
  const seconds = step % 60_000 === 0 ? '' : `:${two(at.getSeconds())}${part}`;
  return `${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
}
