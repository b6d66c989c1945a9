import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';

/** A process with a run that is inspected. */
export interface Target {
  port: number;
  token: string;
  /** How many files and sockets it has open; nothing where the system does not tell. */
  descriptors(): number | undefined;
  ask(): Promise<{ steps: number; pages: number }>;
  /** Resolves once the run is further than it was. @throws Error where the process has ended */
  goesOn(): Promise<void>;
  end(): Promise<void>;
}

const program = join(import.meta.dirname, '../programs/attacked.ts');

/** @param descriptors how many files and sockets it may have open */
export async function startTarget(page: string, descriptors?: number): Promise<Target> {
  const command = [process.execPath, '--import', 'tsx', '--conditions=loopchart-source', program, page];
  const [file, ...args] =
    descriptors === undefined ? command : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', ...command];
  const child = spawn(file!, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr!.on('data', (data) => {
    said += data;
  });
  const { port, token } = (await answerOf(child, () => said)) as { port: number; token: string };
  const ask = () => {
    const answer = answerOf(child, () => said);
    child.send('how far?', () => {});
    return answer as Promise<{ steps: number; pages: number }>;
  };
  return {
    port,
    token,
    ask,
    descriptors: () => (process.platform === 'linux' ? readdirSync(`/proc/${child.pid}/fd`).length : undefined),
    async goesOn() {
      const { steps } = await ask();
      while ((await ask()).steps <= steps);
    },
    async end() {
      if (child.exitCode !== null) return;
      const exit = once(child, 'exit');
      if (child.connected) child.disconnect();
      else child.kill();
      await exit;
    },
  };
}

function answerOf(child: ChildProcess, said: () => string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: unknown) => reject(new Error(`The process ended with ${code}: ${said()}`));
    if (child.exitCode !== null) return onExit(child.exitCode);
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
  });
}

/** Says something to a port, and whether that was all. Resolves once the other side has closed: with the status, or `closed`. */
export function speak(port: number, text: string | Buffer, { fin = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => (fin ? socket.end(text) : socket.write(text)));
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'closed'));
  });
}

/** A connection that says something, and reads nothing. */
export async function sayOnly(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.pause();
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  socket.write(text);
  return socket;
}

/** The head of a request, with what a page of ours would say. */
export function head(port: number, line = 'GET / HTTP/1.1', ...more: string[]): string {
  return [line, `Host: 127.0.0.1:${port}`, 'Connection: close', ...more, '', ''].join('\r\n');
}

/** The head of a request for a WebSocket. */
export function upgradeHead(
  { port, token }: Pick<Target, 'port' | 'token'>,
  line = 'GET /ws HTTP/1.1',
  changed: Record<string, string> = {},
): string {
  const headers = {
    Host: `127.0.0.1:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    Origin: `http://127.0.0.1:${port}`,
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
    'Sec-WebSocket-Protocol': `tok.${token}`,
    ...changed,
  };
  return `${line}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
}

/** A page that is let in. */
export async function letIn({ port, token }: Target): Promise<WebSocket> {
  const page = new WebSocket(`ws://127.0.0.1:${port}/ws`, [`tok.${token}`], { origin: `http://127.0.0.1:${port}` });
  page.on('error', () => {});
  await once(page, 'open');
  return page;
}

/** With which code a page is hung up on after something was done with it. */
export async function codeAfter(target: Target, act: (page: WebSocket, socket: Socket) => void): Promise<string> {
  const page = await letIn(target);
  const closed = once(page, 'close');
  act(page, (page as unknown as { _socket: Socket })._socket);
  return String((await closed)[0]);
}
