import { describeError } from '../data/error-codec.ts';

/** Says something on stderr. Where nobody reads that any more, the process goes on: Node would end it by an `error` event. */
export function say(text: string): void {
  const { stderr } = process;
  stderr.on('error', ignore);
  // The event comes after the callback.
  stderr.write(text, () => setImmediate(() => stderr.off('error', ignore)));
}

/** Tells by the function that was given, or on stderr. Where that throws, stderr is told both: the run has nothing to do with it. */
export function tellWith(tell: ((text: string) => void) | undefined, text: string): void {
  try {
    (tell ?? say)(text);
  } catch (error) {
    say(`${text}loopchart: \`tell\` was to be told this, and threw: ${describeError(error).message}\n`);
  }
}

function ignore(): void {}
