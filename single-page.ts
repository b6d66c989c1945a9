import { createHash } from 'node:crypto';
import type { Plugin, Rolldown } from 'vite';
import { recordingPlace } from './src/inspect/saved-page.ts';

/*
 * The build of the inspector's page makes a second one beside it, `single.html`: the same page in one file, with an empty
 * place for a recording. Page and terminal put one in there and so save a run as a page that opens by itself, from a disk,
 * without a network.
 */

const ENTRY = /\s*<script type="module" crossorigin src="\.\/([^"]+)"><\/script>/;
const SHEET = /<link rel="stylesheet" crossorigin href="\.\/([^"]+)">/;

export const singlePage: Plugin = {
  name: 'loopchart:single-page',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      // Apps that are built with the same settings have no page of ours.
      const page = bundle['index.html'];
      if (page?.type === 'asset' && String(page.source).includes('id="app"'))
        this.emitFile({ type: 'asset', fileName: 'single.html', source: singleFile(String(page.source), bundle) });
    },
  },
};

/** @throws Error where the page has come to be more than a script and a sheet */
function singleFile(page: string, bundle: Rolldown.OutputBundle): string {
  const [sheet, style] = found(page, SHEET);
  const [entry, script] = found(page, ENTRY);
  const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
  if (chunks.length !== 1) throw new Error(`Expected the page to be one script, got ${chunks.length}.`);
  const css = String((bundle[style] as Rolldown.OutputAsset).source);
  const code = withoutEndOfScript((bundle[script] as Rolldown.OutputChunk).code);
  const html = page
    .replace(entry, '')
    .replace(sheet, '<style>SHEET</style>')
    .replace('</body>', `  ${recordingPlace}\n    <script type="module">CODE</script>\n  </body>`)
    // What is marked is ours. A browser's extension may put more into the document.
    .replaceAll(/<(meta|title|link|style|script|div id="app")(?=[ >])/g, '<$1 data-own=""');
  // Last: nothing in them is taken for a tag.
  return withPolicy(html, code, css)
    .replace('>SHEET<', () => `>${css}<`)
    .replace('>CODE<', () => `>${code}<`);
}

function found(page: string, pattern: RegExp): [whole: string, file: string] {
  const match = pattern.exec(page);
  if (match === null) throw new Error(`Expected ${pattern} in the built page, found none.`);
  return [match[0], match[1]!];
}

/** The same script, in which nothing looks like its end to whoever reads HTML. */
function withoutEndOfScript(code: string): string {
  return code.replaceAll(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--');
}

/** Nothing runs and nothing is loaded but what is in the file; it asks nobody for anything. */
function withPolicy(html: string, code: string, css: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const styles = [...html.matchAll(/<style[^>]*>(.*?)<\/style>/gs)].map(([, text]) =>
    text!.replace('SHEET', () => css),
  );
  const policy = [
    "default-src 'none'",
    `script-src ${hash(code)}`,
    `style-src ${styles.map(hash).join(' ')}`,
    'img-src data:',
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const first = '<meta data-own="" charset="utf-8" />';
  if (!html.includes(first)) throw new Error(`Expected ${first} in the built page, found none.`);
  const meta = `<meta data-own="" http-equiv="Content-Security-Policy" content="${policy}" />`;
  return html.replace(first, `${first}\n    ${meta}`);
}
