/*
 * Tables of a Markdown document, which a comment before each gives a name.
 */

/** The cells of the table behind `<!-- name -->`, row by row, without its head. */
export function rowsOf(document: string, name: string): string[][] {
  const from = document.indexOf(`<!-- ${name} -->`);
  if (from < 0) throw new Error(`Expected a table behind <!-- ${name} -->, got none.`);
  const lines = document.slice(from).split('\n').slice(2);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  // Within a cell a bar is written with a backslash.
  const cells = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1);
  return lines.slice(2, end).map((line) => cells(line).map((cell) => cell.trim()));
}

/** What stands between backticks. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}
