import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * Where the repository is kept on the web, filled in by one command:
 *
 *   npm run address -- https://github.com/OWNER/loopchart
 *
 * It writes `repository`, `bugs` and `homepage` of package.json, and makes the links to pictures in the README absolute,
 * since the README's page on npm has no folder beside it. Said again with another address, it moves all of them there.
 * `npm publish` refuses until it has been said.
 */

/** Stands in package.json until the address is known. By RFC 2606 nothing is ever found at such a name. */
const NONE_YET = 'https://repository.invalid/loopchart';

/** A picture in the README, by its path in the repository, whatever address stands before it. */
const PICTURE =
  /((?:src|srcset)="|!\[[^\]]*\]\()(?:https:\/\/[^"\s)]+\/raw\/HEAD\/)?(docs\/[\w.-]+\.(?:png|svg))(?=["\s)])/g;

/** The address that package.json has, or nothing as long as there is none. */
export function addressOf(manifest: string): string | undefined {
  const address = JSON.parse(manifest)
    .repository.url.replace(/^git\+/, '')
    .replace(/\.git$/, '');
  return address === NONE_YET ? undefined : address;
}

/** package.json with this address in it. */
export function manifestAt(address: string, manifest: string): string {
  const fields = JSON.parse(manifest);
  fields.homepage = `${address}#readme`;
  fields.bugs = `${address}/issues`;
  fields.repository.url = `git+${address}.git`;
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** The README with its pictures at this address. */
export function readmeAt(address: string, readme: string): string {
  return readme.replace(PICTURE, (_, before, path) => `${before}${address}/raw/HEAD/${path}`);
}

function fillIn(given: string | undefined, folder: string): void {
  const address = given?.replace(/(\.git|\/)$/, '');
  if (address === undefined || !/^https:\/\/[^/\s]+\.[^/\s]+\/[^\s?#]+$/.test(address))
    throw new Error(
      `Expected the address of the repository, such as https://github.com/OWNER/loopchart, got ${given === undefined ? 'none' : `\`${given}\``}.`,
    );
  change(join(folder, 'package.json'), (text) => manifestAt(address, text));
  change(join(folder, 'README.md'), (text) => readmeAt(address, text));
}

function change(file: string, by: (text: string) => string): void {
  writeFileSync(file, by(readFileSync(file, 'utf8')));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = resolve('.');
  const [given] = process.argv.slice(2);
  try {
    if (given !== '--is-known') fillIn(given, folder);
    else if (addressOf(readFileSync(join(folder, 'package.json'), 'utf8')) === undefined)
      throw new Error('The address of the repository is not known yet. Say it once: npm run address -- https://…');
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
