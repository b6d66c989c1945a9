import { fileSource } from '../sources/file.ts';
import { session } from './session.ts';

/** Opens recordings from the disk beside those that are open, and shows the first. */
export function openFiles(files: Iterable<File> | undefined | null): void {
  const sources = [...(files ?? [])].map((file) => fileSource(file));
  if (sources.length) session.openAll(sources);
}

/** The field that asks for recordings: in the document, so that the browser keeps it until it is answered. */
export const FIELD = 'file';

/** Asks for recordings. */
export function chooseFile(): void {
  document.getElementById(FIELD)?.click();
}
