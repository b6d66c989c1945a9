import { readFileSync } from 'node:fs';

/** The rows of a CSV file without its first line. @throws Error for one that is more than values between commas */
export function readRows(file: string): string[][] {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const columns = head.split(',').length;
  return lines.map((line, i) => {
    const values = line.split(',');
    if (values.length === columns && !line.includes('"')) return values;
    throw new Error(`${file}, line ${i + 2}: expected ${columns} values between commas, got \`${line}\`.`);
  });
}
