import { describe, expect, test } from 'vitest';
import { inspector } from '../src/node/inspector.ts';
import { Count, ended, get, POLICY, raw, serve, told, upgrade, visit } from './support/server.ts';

describe('who may come in', () => {
  test('the page, under a policy that allows nothing from elsewhere', async () => {
    const { port, url, token } = await serve();
    const { status, headers, body } = await get(port);
    expect(status).toBe(200);
    expect(body).toContain('<title>page');
    expect(headers['content-security-policy']).toBe(POLICY);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(url).toBe(`http://127.0.0.1:${port}/#token=${token}`);
    expect(Buffer.from(token, 'base64url').length * 8).toBe(192);
    expect(told).toContain(url);
    expect((await serve()).token).not.toBe(token);
  });

  test('no other name for this machine', async () => {
    const { port, token } = await serve();
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost6',
      `127.0.0.1.evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:1`,
    ]) {
      const { status, headers } = await get(port, { headers: { host } });
      expect([host, status]).toEqual([host, 403]);
      expect(headers['content-security-policy']).toBe(POLICY);
      expect(await upgrade(port, { host, origin: `http://127.0.0.1:${port}` }, '/ws', [`tok.${token}`])).toBe(403);
    }
    expect((await get(port, { headers: { host: `localhost:${port}` } })).status).toBe(200);
    expect(await raw(port, `GET / HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(
      await raw(port, `GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 400/);
  });

  test('no page of another origin, and nobody without one', async () => {
    const { port, token } = await serve();
    const own = `http://127.0.0.1:${port}`;
    const protocols = [`tok.${token}`];
    for (const path of ['/ws', `/xstate-inspect?token=${token}`]) {
      expect(await upgrade(port, {}, path, protocols)).toBe(403);
      for (const origin of [
        'https://evil.example',
        'null',
        `https://127.0.0.1:${port}`,
        'http://127.0.0.1',
        `${own}.evil.example`,
        '',
      ]) {
        expect([origin, await upgrade(port, { origin }, path, protocols)]).toEqual([origin, 403]);
      }
    }
    expect(await upgrade(port, { origin: own }, '/ws', protocols)).toBe(101);
  });

  test('nobody without the token', async () => {
    const { port, token } = await serve();
    const origin = `http://127.0.0.1:${port}`;
    const wrong = [
      [],
      ['tok.'],
      ['tok.wrong'],
      [`tok.${token}x`],
      [`tok.${token.slice(1)}`],
      [token],
      ['tok.x', `tok.${token}`],
    ];
    for (const protocols of wrong)
      expect([protocols, await upgrade(port, { origin }, '/ws', protocols)]).toEqual([protocols, 401]);
    // In an address it would end up in logs: only where there is no other way.
    expect(await upgrade(port, { origin }, `/ws?token=${token}`)).toBe(401);
    expect(await upgrade(port, { origin }, '/xstate-inspect?token=wrong')).toBe(401);
    expect(await upgrade(port, { origin }, `/xstate-inspect?token=${token}`)).toBe(101);
    expect(await upgrade(port, { origin }, '/other', [`tok.${token}`])).toBe(400);
  });

  test('whoever asks is told whether a token is right, and nothing else', async () => {
    const { port, token } = await serve();
    const answer = async (asked: string, more = {}) => {
      const { status, headers } = await get(port, { method: 'HEAD', headers: { 'loopchart-token': asked, ...more } });
      return [status, headers['loopchart-token']];
    };
    expect(await answer(token)).toEqual([200, 'right']);
    for (const wrong of ['', 'x', `${token}x`, token.slice(1)]) expect(await answer(wrong)).toEqual([200, 'wrong']);
    // A page of another site cannot: its browser asks first whether it may, and would not let it read the answer.
    expect(await answer(token, { host: 'evil.example' })).toEqual([403, undefined]);
    expect((await get(port, { method: 'OPTIONS' })).status).toBe(405);
    expect((await get(port)).headers['loopchart-token']).toBeUndefined();
  });

  test('GET and HEAD, and no way out of the directory', async () => {
    const { port } = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect((await get(port, { method })).status).toBe(405);
    }
    expect((await get(port, { method: 'HEAD' })).status).toBe(200);
    for (const path of [
      '/../package.json',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..%2f..%2fetc/passwd',
      '/....//etc/passwd',
      '//etc/passwd',
      '/%00',
      '/%',
      '/.git/config',
      '/index.html/../../x',
    ]) {
      const { status, body } = await get(port, { path });
      expect([path, status >= 400 || body.includes('<title>page')]).toEqual([path, true]);
      expect(body).not.toMatch(/root:|loopchart"/);
    }
    expect(await raw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    const strange = `GET // HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await raw(port, strange)).toMatch(/^HTTP\/1.1 400/);
    expect((await get(port)).status).toBe(200);
  });

  test('no message larger than 64 KiB, and no bytes', async () => {
    const served = await serve();
    for (const [message, code] of [
      ['x'.repeat(64 * 1024 + 1), 1009],
      [Buffer.from('{}'), 1003],
    ] as const) {
      const one = await visit(served);
      one.socket.send(message);
      expect(await new Promise((resolve) => one.socket.once('close', resolve))).toBe(code);
    }
  });

  test('nobody from other machines, unless that is asked for', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.com', '127.evil.example']) {
      await expect(inspector({ host })).rejects.toThrow(/loopback.*remote: true/);
    }
    const served = await serve({ host: '0.0.0.0', remote: true, hosts: ['box.example'] });
    expect((await get(served.port, { headers: { host: `box.example:${served.port}` } })).status).toBe(200);
    expect((await get(served.port, { headers: { host: `evil.example:${served.port}` } })).status).toBe(403);
  });

  test('nothing leaves that the redactor keeps', async () => {
    const redact = (line: any) => {
      if (line.event?.type === 'xstate.done.actor.reset') return undefined;
      return JSON.parse(JSON.stringify(line).replaceAll('hunter2', '•'));
    };
    const served = await serve({ redact, limits: { items: 20 } });
    class Secret extends Count {
      override reset() {
        this.state = { n: 0, password: 'hunter2', many: Array.from({ length: 100 }, () => 'hunter2') };
      }
    }
    const one = await visit(served);
    let text = '';
    one.socket.on('message', (data) => {
      text += data;
    });
    await new Secret(2).start({ inspect: served }).output;
    await one.until(ended);
    const { ref } = one.lines.at(-1).context.state.many.$cut;
    one.send({ type: 'get', ref });
    await one.until((lines) => lines.at(-1).type === 'value');
    expect(one.lines.at(-1).value).toEqual(Array.from({ length: 100 }, () => '•'));
    expect(text).toContain('•');
    expect(text).not.toContain('hunter2');
    expect(one.lines.filter(({ type }) => type === 'lagged')).toMatchObject([{ why: 'redacted', count: 1 }]);
  });

  test('a redactor that throws lets nothing through', async () => {
    const served = await serve({
      redact: () => {
        throw new Error('no');
      },
    });
    expect(await new Count(2).start({ inspect: served }).output).toBe(2);
    const one = await visit(served);
    await one.until((lines) => lines.length > 6);
    expect(one.lines.slice(2).every(({ type, why }) => type === 'lagged' && why === 'fault')).toBe(true);
  });
});
