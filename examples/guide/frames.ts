// A run whose page may be shown in a frame: here, in an editor.
import { inspector } from 'loopchart/node';
import { Sum } from './sum.ts';

const served = await inspector({ frames: ['vscode-webview:', 'vscode-file:'] });
const run = new Sum().start({ args: [[1, 2, 3]], inspect: served });
await run.output;

const { headers } = await fetch(new URL('/', served.url));
console.log(headers.get('content-security-policy')?.match(/frame-ancestors [^;]*/)?.[0]);
await served.close();
