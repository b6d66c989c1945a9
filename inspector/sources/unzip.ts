/** So many bytes are unzipped at a time: what is lost where the file is damaged. */
const MORSEL = 16_384;

/** Unzips where the bytes say that they are gzip, whatever the file is called. */
export async function unzipped(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const reader = stream.getReader();
  const { value: head = new Uint8Array() } = await reader.read();
  const zipped = head[0] === 0x1f && head[1] === 0x8b;
  const pieces = (async function* () {
    for (let piece: Uint8Array | undefined = head; piece; piece = (await reader.read()).value) {
      if (!zipped) yield piece;
      else for (let at = 0; at < piece.length; at += MORSEL) yield piece.subarray(at, at + MORSEL);
    }
    // A stream that fails throws away what it has unzipped and nobody has taken yet. It comes to this piece once all
    // that lies before it has been taken, and finds out only behind it that the end is missing.
    if (zipped) yield new Uint8Array();
  })();
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return zipped ? whole.pipeThrough(new DecompressionStream('gzip') as any) : whole;
}
