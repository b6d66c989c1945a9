import { readFile } from 'node:fs/promises';
import { view } from '../../src/node/view.ts';

// Views a file, asks for it, and prints what came, and how much memory the process took at most.
const [, , file, page] = process.argv;
const told: Record<string, unknown> = {};
try {
  const site = await view(file!, {}, page!);
  const { hash } = new URL(site.url);
  const response = await fetch(new URL(hash.replace('#file=', ''), site.url));
  let size = 0;
  for await (const piece of response.body!) size += piece.length;
  told.size = size;
  await site.close();
} catch (error) {
  told.message = (error as Error).message;
}
const peak = (await readFile('/proc/self/status', 'utf8')).match(/VmHWM:\s+(\d+)/);
process.stdout.write(JSON.stringify({ ...told, mebibytes: Math.round(Number(peak?.[1]) / 1024) }));
process.exit();
