const NAME = 'loopchart-token';

/**
 * What the program that served this page says of a token. Nothing where it does not answer, and where there is none:
 * any site may serve this page. A browser does not tell why a socket was refused, so this is asked apart.
 */
export async function askToken(token: string): Promise<'right' | 'wrong' | undefined> {
  // A page from the disk, or in a sandboxed frame, was served by no program, or may not ask it.
  if (!location.protocol.startsWith('http') || self.origin === 'null') return undefined;
  try {
    // The page itself is asked for: that is there whoever serves it.
    const { headers } = await fetch(location.pathname, { method: 'HEAD', headers: { [NAME]: token } });
    const said = headers.get(NAME);
    return said === 'right' || said === 'wrong' ? said : undefined;
  } catch {
    return undefined;
  }
}
