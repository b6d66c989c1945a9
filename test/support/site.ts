import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'vite';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const CONFIG = join(import.meta.dirname, '../../vite.config.ts');

/**
 * Builds a script of somebody's app, as its author would, and puts it beside the page.
 * @param minify default: true. Then classes have other names in each build
 */
export async function buildApp(source: string, outDir: string, name: string, minify = true): Promise<void> {
  await build({
    configFile: CONFIG,
    root: outDir,
    logLevel: 'silent',
    build: {
      outDir,
      emptyOutDir: false,
      copyPublicDir: false,
      minify,
      rollupOptions: { input: source, output: { entryFileNames: name } },
    },
  });
}

/** One of the examples that are pages, as its own script builds it. */
export async function buildExample(root: string, outDir: string): Promise<void> {
  await build({
    configFile: join(import.meta.dirname, '../../examples/react-app/vite.config.ts'),
    root,
    logLevel: 'silent',
    build: { outDir, emptyOutDir: true },
  });
}

/** The page as built: once in each run of the tests, by the first file that wants it. */
export async function buildPage(outDir: string): Promise<void> {
  const shared = process.env.LOOPCHART_SHARED;
  if (shared === undefined) return await buildPageAnew(outDir);
  const [built, turn] = [join(shared, 'page'), join(shared, 'page-is-being-built')];
  while (!existsSync(built)) {
    // Only one process can make a folder.
    const isOurs = await mkdir(turn).then(
      () => true,
      () => false,
    );
    if (!isOurs) {
      await wait(50);
      continue;
    }
    try {
      if (existsSync(built)) break;
      await buildPageAnew(join(shared, 'page-in-parts'));
      await rename(join(shared, 'page-in-parts'), built);
    } finally {
      await rmdir(turn);
    }
  }
  await cp(built, outDir, { recursive: true });
}

async function buildPageAnew(outDir: string): Promise<void> {
  await build({
    configFile: CONFIG,
    root: join(import.meta.dirname, '../../inspector'),
    logLevel: 'silent',
    build: { outDir },
  });
}

/** A folder on a server that knows nothing of loops, as any static host. */
export async function serveFolder(
  root: string,
  headers: Record<string, string> = {},
): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname;
    const file = path === '/' ? 'index.html' : path.slice(1);
    try {
      const body = readFileSync(join(root, file));
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain', ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** A folder of its own, and what removes it. */
export async function freshFolder(name: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `loopchart-${name}-`));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
