import { styleText } from 'node:util';

/** How far a run is, and how it does. Accuracies go from 0 to 1. */
export interface Moment {
  /** Epochs that are behind us. */
  epoch: number;
  epochs: number;
  /** Batches of this epoch that are behind us. */
  batch: number;
  batches: number;
  loss?: number | undefined;
  accuracy?: number | undefined;
  heldOut?: number | undefined;
  /** Batches in a second. */
  speed?: number | undefined;
}

/** Two lines, of the epochs and of the batches of this one, for a terminal with so many columns. */
export function bars(moment: Moment, columns: number, color: boolean): string[] {
  const { epoch, epochs, batch, batches, loss, accuracy, heldOut, speed } = moment;
  const left = (epochs - epoch) * batches - batch;
  const rows = [
    {
      name: `epoch ${Math.min(epoch + 1, epochs)} of ${epochs}`,
      part: (epoch + batch / batches) / epochs,
      facts: [
        heldOut === undefined ? '' : `held out ${percent(heldOut)}`,
        speed === undefined ? '' : `${duration(left / speed)} left`,
      ],
    },
    {
      name: `batch ${batch} of ${batches}`,
      part: batch / batches,
      facts: [
        accuracy === undefined ? '' : `accuracy ${percent(accuracy)}`,
        loss === undefined ? '' : `loss ${loss.toFixed(4)}`,
        speed === undefined ? '' : `${speed.toFixed(0)}/s`,
      ],
    },
  ];
  const name = `batch ${batches} of ${batches}`.length;
  // What stands beside the bar: the name, the percentage, up to 39 columns of facts, and some room.
  const length = Math.min(40, columns - name - 50);
  return rows.map((row) => {
    const percentage = `${Math.floor(row.part * 100)} %`.padStart(5);
    const columnsOf = [row.name.padEnd(name), ...(length < 5 ? [] : [bar(row.part, length, color)]), percentage];
    return `${columnsOf.join(' ')}${row.facts.map((fact) => (fact === '' ? '' : `  ${fact}`)).join('')}`;
  });
}

function bar(part: number, length: number, color: boolean): string {
  const full = Math.floor(Math.min(1, part) * length);
  const [done, open] = ['█'.repeat(full), '░'.repeat(length - full)];
  return color ? `${styleText('cyan', done)}${styleText('dim', open)}` : `${done}${open}`;
}

/** `98.05 %`, in seven columns or more. */
/** Of nothing there is no part: a run that is stopped may have looked at no digit. */
export function percent(part: number): string {
  return (Number.isNaN(part) ? '–' : `${(part * 100).toFixed(2)} %`).padStart(7);
}

/** `0:07`, `1:02:07` */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const tail = String(rest).padStart(2, '0');
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`;
}
