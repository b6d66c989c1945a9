import { fileSource } from '../sources/file.ts';
import { session } from './session.ts';

/** Shows a recording from the disk. */
export function openFile(file: File | undefined | null): void {
  if (file) session.open(fileSource(file));
}

/** The field that asks for a recording: in the document, so that the browser keeps it until it is answered. */
export const FIELD = 'file';

/** Asks for a recording. */
export function chooseFile(): void {
  document.getElementById(FIELD)?.click();
}
