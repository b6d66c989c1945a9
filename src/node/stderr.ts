/** Says something on stderr. Where nobody reads that any more, the process goes on: Node would end it by an `error` event. */
export function say(text: string): void {
  const { stderr } = process;
  stderr.on('error', ignore);
  // The event comes after the callback.
  stderr.write(text, () => setImmediate(() => stderr.off('error', ignore)));
}

function ignore(): void {}
