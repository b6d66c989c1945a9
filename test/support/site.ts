import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
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

/** The page as built. */
export async function buildPage(outDir: string): Promise<void> {
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
