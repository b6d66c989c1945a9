/** Some lines of a stack that belong together: of the program, or of what runs it. */
export interface StackPart {
  text: string;
  /** Whether all of its frames are of this library, of XState or of Node. */
  own: boolean;
  frames: number;
}

/** Where packages lie that run the loops; bundlers put them into files of their names. */
const PACKAGE = /node_modules\/(?:[^\s]*\/)?(?:loopchart|xstate)[./@]|\bnode:internal\//;
/** The library where it is run from its sources. */
const SOURCES =
  /\/(?:src|dist)\/(?:actors\/(?:step-actor|single-hook|running)|step\/(?:burst|unit|recall)|light\/light-(?:run|steps))\.[jt]s\b/;
const FRAME = /^\s+at |@.*:\d+:\d+$/;

const isOwn = (line: string) => FRAME.test(line) && (PACKAGE.test(line) || SOURCES.test(line));

/** A stack in parts, so that the frames in which nobody looks for a fault can be folded. */
export function stackParts(stack: string): StackPart[] {
  const parts: StackPart[] = [];
  for (const line of stack.split('\n')) {
    const own = isOwn(line);
    const last = parts.at(-1);
    if (last?.own === own) {
      last.text += `\n${line}`;
      last.frames++;
    } else parts.push({ text: line, own, frames: 1 });
  }
  return parts;
}
