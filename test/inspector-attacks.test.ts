import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeAfter, head, letIn, sayOnly, speak, startTarget, type Target, upgradeHead } from './support/attack.ts';

// What is tried against a process whose run is inspected. After each row the run goes on, the page is served, and as many
// files and sockets are open as before. `docs/reliability.md` quotes these rows.
//
// What comes of a request is the status of its answer, or `closed` for none; of a page that was let in, the code with which
// its WebSocket was closed.

interface Attack {
  input: string;
  expected: string | Record<string, number>;
  try(target: Target): Promise<unknown>;
}

/** How often each thing came. */
function counts(came: string[]): Record<string, number> {
  const count: Record<string, number> = {};
  for (const one of came) count[one] = (count[one] ?? 0) + 1;
  return count;
}

async function times<T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, (_, i) => act(i)));
}

const ask =
  (line: string, ...more: string[]) =>
  (target: Target) =>
    speak(target.port, head(target.port, line, ...more));
const range = (bytes: string) => ask('GET / HTTP/1.1', `Range: ${bytes}`);
const upgrade = (changed: Record<string, string>, line?: string) => (target: Target) =>
  speak(target.port, upgradeHead(target, line, changed));
const largest = 'GET /large.js HTTP/1.1';

const requests: Attack[] = [
  { input: '`Range: bytes=5-4`', expected: '200', try: range('bytes=5-4') },
  { input: '`Range: bytes=99999999-`', expected: '200', try: range('bytes=99999999-') },
  { input: '`Range: bytes=0-0,5-4,-`', expected: '200', try: range('bytes=0-0,5-4,-') },
  { input: 'the path `//`', expected: '404', try: ask('GET // HTTP/1.1') },
  { input: 'the path `/%`', expected: '404', try: ask('GET /% HTTP/1.1') },
  { input: 'the path `/%00`', expected: '404', try: ask('GET /%00 HTTP/1.1') },
  { input: 'the path `/../../etc/passwd`', expected: '404', try: ask('GET /../../etc/passwd HTTP/1.1') },
  { input: 'the path `/__proto__`', expected: '404', try: ask('GET /__proto__ HTTP/1.1') },
  { input: 'a path of 64 kB', expected: '431', try: ask(`GET /${'x'.repeat(65_536)} HTTP/1.1`) },
  { input: 'a query of 10 kB', expected: '200', try: ask(`GET /?${'x'.repeat(10_240)} HTTP/1.1`) },
  { input: 'the whole address as a path', expected: '400', try: ask('GET http://evil.example/ HTTP/1.1') },
  { input: 'a header of 64 kB', expected: '431', try: ask('GET / HTTP/1.1', `X: ${'x'.repeat(65_536)}`) },
  { input: '`OPTIONS *`', expected: '405', try: ask('OPTIONS * HTTP/1.1') },
  { input: '`TRACE /`', expected: '405', try: ask('TRACE / HTTP/1.1') },
  { input: '`CONNECT evil.example:443`', expected: 'closed', try: ask('CONNECT evil.example:443 HTTP/1.1') },
  {
    input: '`POST` with a body of 1 MB',
    expected: '405',
    try: ({ port }) => speak(port, head(port, 'POST / HTTP/1.1', 'Content-Length: 1000000') + 'x'.repeat(1_000_000)),
  },
  {
    input: '`POST` that promises a body and sends none',
    expected: '405',
    try: ask('POST / HTTP/1.1', 'Content-Length: 1000000'),
  },
  {
    input: '`POST` that asks whether it may send its body',
    expected: '405',
    try: async ({ port }) => {
      const text = head(port, 'POST / HTTP/1.1', 'Content-Length: 5', 'Expect: 100-continue');
      const socket = connect(port, '127.0.0.1', () => socket.write(text)).on('error', () => {});
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      await once(socket, 'close');
      return /HTTP\/1\.1 (4\d\d)/.exec(answer)?.[1];
    },
  },
  { input: '`Expect: nonsense`', expected: '417', try: ask('GET / HTTP/1.1', 'Expect: nonsense') },
  {
    input: 'two lengths of one body',
    expected: '400',
    try: ask('POST / HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
  },
  { input: 'no `Host`', expected: '400', try: ({ port }) => speak(port, 'GET / HTTP/1.1\r\n\r\n') },
  {
    input: 'the `Host` of another',
    expected: '403',
    try: ({ port }) => speak(port, 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n'),
  },
  { input: 'nonsense', expected: '400', try: ({ port }) => speak(port, 'nonsense\r\n\r\n') },
  {
    input: 'bytes of another protocol (TLS)',
    expected: '400',
    try: ({ port }) => speak(port, Buffer.from([22, 3, 1, 2, 0, 1, 0, 1])),
  },
  {
    input: 'HTTP/2 without a word before',
    expected: '400',
    try: ({ port }) => speak(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  },
  {
    input: 'a request, and the end of what is sent behind it (half-open)',
    expected: '200',
    try: ({ port }) => speak(port, head(port), { fin: true }),
  },
  {
    input: 'half a request, and the end',
    expected: '400',
    try: ({ port }) => speak(port, 'GET / HTTP/1.1\r\nHo', { fin: true }),
  },
];

const crowds: Attack[] = [
  {
    input: '60 downloads that are broken off',
    expected: { broken: 60 },
    async try({ port }) {
      const came = await times(60, async () => {
        const socket = connect(port, '127.0.0.1').on('error', () => {});
        socket.write(head(port, largest));
        await once(socket, 'data');
        socket.pause().resetAndDestroy();
        return 'broken';
      });
      return counts(came);
    },
  },
  {
    input: '300 requests in one go on one connection, whose answers nobody reads',
    expected: 'left',
    async try({ port }) {
      const socket = await sayOnly(port, `${largest}\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(300));
      await once(socket, 'readable');
      socket.resetAndDestroy();
      return 'left';
    },
  },
  {
    input: '1000 connections that go away at once',
    expected: { gone: 1000 },
    async try({ port }) {
      const came: string[] = [];
      for (let i = 0; i < 20; i++) {
        const some = times(50, async () => {
          const socket = connect(port, '127.0.0.1').on('error', () => {});
          await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
          socket.resetAndDestroy();
          return 'gone';
        });
        came.push(...(await some));
      }
      return counts(came);
    },
  },
  {
    input: '200 connections that say nothing, or half a request and no more (slowloris)',
    // 128 at a time are let in. None of them stays.
    expected: { ended: 200 },
    async try({ port }) {
      const came = await times(200, async (i) => {
        await speak(port, i % 2 === 0 ? '' : 'GET / HTTP/1.1\r\nX: ');
        return 'ended';
      });
      return counts(came);
    },
  },
  {
    input: '100 WebSockets that are asked for and broken off',
    expected: { gone: 100 },
    async try(target) {
      const came = await times(100, async () => {
        const socket = await sayOnly(target.port, upgradeHead(target));
        socket.resetAndDestroy();
        return 'gone';
      });
      return counts(came);
    },
  },
];

const strangers: Attack[] = [
  { input: 'a WebSocket without a token', expected: '401', try: upgrade({ 'Sec-WebSocket-Protocol': 'chat' }) },
  { input: 'a WebSocket with another token', expected: '401', try: upgrade({ 'Sec-WebSocket-Protocol': 'tok.guess' }) },
  { input: 'a WebSocket of another origin', expected: '403', try: upgrade({ Origin: 'https://evil.example' }) },
  { input: 'a WebSocket under the name of another', expected: '403', try: upgrade({ Host: 'evil.example' }) },
  { input: 'a WebSocket at the path `//`', expected: '400', try: upgrade({}, 'GET // HTTP/1.1') },
  { input: 'a WebSocket at another path', expected: '400', try: upgrade({}, 'GET /other HTTP/1.1') },
  { input: 'a WebSocket by `POST`', expected: '405', try: upgrade({}, 'POST /ws HTTP/1.1') },
  { input: 'a WebSocket with a key that is none', expected: '400', try: upgrade({ 'Sec-WebSocket-Key': '?' }) },
  { input: 'a WebSocket of version 99', expected: '400', try: upgrade({ 'Sec-WebSocket-Version': '99' }) },
  { input: '`Upgrade: h2c`', expected: '400', try: upgrade({ Upgrade: 'h2c' }) },
  {
    input: 'a WebSocket that is refused, and keeps its end open (half-open)',
    expected: 'closed',
    async try(target) {
      const text = upgradeHead(target, undefined, { Origin: 'https://evil.example' });
      const socket = connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
      socket.write(text);
      socket.resume();
      await once(socket, 'end');
      // Written to until the other side is no longer there.
      const more = setInterval(() => socket.write('still here'), 50);
      await new Promise((resolve) => socket.once('close', resolve));
      clearInterval(more);
      return 'closed';
    },
  },
];

/** A frame as a page sends it: the first byte says what it is, and the key of the mask is 0. */
const frame = (first: number, ...bytes: number[]) => Buffer.from([first, 0x80 | bytes.length, 0, 0, 0, 0, ...bytes]);
const raw = (bytes: Buffer) => (target: Target) => codeAfter(target, (_, socket) => socket.write(bytes));

const pages: Attack[] = [
  {
    input: 'a message of 64 KiB and a byte',
    expected: '1009',
    try: (target) => codeAfter(target, (page) => page.send('x'.repeat(65_537))),
  },
  {
    input: 'a message of 100 MB',
    // It is closed as soon as its length is known; what was written by then breaks the connection.
    expected: 'closed',
    try: async (target) =>
      /^(1009|1006)$/.test(await codeAfter(target, (page) => page.send('x'.repeat(1e8)))) && 'closed',
  },
  { input: 'bytes', expected: '1003', try: (target) => codeAfter(target, (page) => page.send(Buffer.from('{}'))) },
  { input: 'text that is no UTF-8', expected: '1007', try: raw(frame(0x81, 0xff, 0xfe)) },
  { input: 'a frame without a mask', expected: '1002', try: raw(Buffer.from([0x81, 0x01, 0x78])) },
  { input: 'a frame of a kind that does not exist', expected: '1002', try: raw(frame(0x83)) },
  { input: 'the middle of a message that was not begun', expected: '1002', try: raw(frame(0x80, 0x78)) },
  { input: 'a close with a code that is none', expected: '1002', try: raw(frame(0x88, 0, 1)) },
  {
    input: '21 messages that are no commands',
    expected: '1008',
    try: (target) => codeAfter(target, (page) => Array.from({ length: 21 }, () => page.send('[[[['))),
  },
  {
    input: 'a connection that is broken off in the middle of a message',
    expected: '1006',
    try: (target) =>
      codeAfter(target, (_, socket) => {
        socket.write(Buffer.from([0x01, 0xfe, 0xff, 0xff, 0, 0, 0, 0, 0x78]));
        socket.resetAndDestroy();
      }),
  },
  {
    input: '100,000 pings of a page that reads nothing',
    expected: '1006',
    try: (target) =>
      codeAfter(target, (page, socket) => {
        socket.pause();
        for (let i = 0; i < 100_000; i++) page.ping('x'.repeat(100));
        setImmediate(() => page.terminate());
      }),
  },
  {
    input: '33 pages at a time',
    expected: { in: 32, '503': 1 },
    async try(target) {
      const let32 = await times(32, () => letIn(target));
      const one = await speak(target.port, upgradeHead(target));
      for (const page of let32) page.terminate();
      return counts([...let32.map(() => 'in'), one]);
    },
  },
  {
    input: '32 pages that read nothing',
    expected: 'left',
    async try(target) {
      const stalled = await times(32, () => letIn(target));
      for (const page of stalled) page.pause();
      for (let i = 0; i < 20; i++) await target.goesOn();
      for (const page of stalled) page.terminate();
      return 'left';
    },
  },
];

const all = { requests, crowds, strangers, pages };

let folder: string;
let target: Target;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loopchart-attacks-'));
  await writePage();
  target = await startTarget(folder);
  // Gone from the start: no row may open a file of it.
  await rm(folder, { recursive: true });
  await speak(target.port, head(target.port));
  (await letIn(target)).terminate();
});
afterAll(async () => {
  await target.end();
  await rm(folder, { recursive: true, force: true });
});

async function writePage(): Promise<void> {
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'large.js'), `//${'x'.repeat(4_000_000)}`);
}

for (const [kind, attacks] of Object.entries(all)) {
  describe(kind, () => {
    test.for(attacks.map((attack) => [attack.input, attack] as const))('%s', async ([, attack]) => {
      await expect.poll(async () => (await target.ask()).pages).toBe(0);
      const open = () => target.descriptors() ?? 0;
      const before = open();
      expect(await attack.try(target)).toEqual(attack.expected);
      await target.goesOn();
      expect(await speak(target.port, head(target.port))).toBe('200');
      // Sockets that are closing have yet to go.
      // Fewer are no leak: a connection of before may have been about to close.
      await expect.poll(open).toBeLessThanOrEqual(before);
    });
  });
}

test.runIf(process.platform === 'linux')('a process that has no descriptor left, and has some again', async () => {
  await rm(folder, { recursive: true, force: true });
  folder = await mkdtemp(join(tmpdir(), 'loopchart-attacks-'));
  await writePage();
  const scarce = await startTarget(folder, 80);
  try {
    const crowd: Socket[] = [];
    for (let i = 0; i < 120; i++) crowd.push(await sayOnly(scarce.port, 'GET / HTTP/1.1\r\n'));
    await scarce.goesOn();
    for (const socket of crowd) socket.resetAndDestroy();
    await expect.poll(() => speak(scarce.port, head(scarce.port))).toBe('200');
    await scarce.goesOn();
  } finally {
    await scarce.end();
  }
});

test('docs/reliability.md quotes every row, with what came of it', () => {
  const text = readFileSync(join(import.meta.dirname, '../docs/reliability.md'), 'utf8');
  for (const [kind, attacks] of Object.entries(all)) {
    for (const { input, expected } of attacks) {
      const came =
        typeof expected === 'string'
          ? expected
          : Object.entries(expected)
              .map(([what, n]) => `${n} ${what}`)
              .sort()
              .join(', ');
      expect(text).toContain(`| ${input} | ${came} | ${kind} |`);
    }
  }
});
