import { EndLoop, LoopError, MisconfigurationError } from './errors.ts';
import { shown } from './shown.ts';

/** A class of errors. */
export type ErrorClass = abstract new (...args: any[]) => Error;

const builtIn = [
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
  'DOMException',
];

const classes = new Map<string, ErrorClass>();
const names = new Map<object, string>();

for (const name of builtIn) {
  const Class = (globalThis as { [name: string]: unknown })[name];
  // Not every place that JavaScript runs in has a DOMException.
  if (typeof Class === 'function') add(name, Class as unknown as ErrorClass);
}
// Of a module of WebAssembly that is none, and of its code when it fails. They are no globals themselves.
const { WebAssembly } = globalThis as { WebAssembly?: { [name: string]: unknown } };
for (const name of ['CompileError', 'LinkError', 'RuntimeError']) {
  const Class = WebAssembly?.[name];
  if (typeof Class === 'function') add(`WebAssembly.${name}`, Class as unknown as ErrorClass);
}
for (const Class of [LoopError, MisconfigurationError, EndLoop]) add(Class.prototype.constructor.name, Class);

function add(name: string, Class: ErrorClass): void {
  classes.set(name, Class);
  names.set(Class.prototype, name);
}

/**
 * Names classes of errors, so that `instanceof` holds for errors that were remembered: those that a step has caught, and
 * gets again when it is run again after a resume. Call it where the classes are, in each process that runs the loops:
 * `rememberErrors({ HttpError, TimeoutError })`. The language's own classes, `DOMException` and loopchart's need no naming.
 *
 * An error that comes back has its class, name, message, stack, `cause`, `errors`, and those of its own fields that are
 * plain data or errors. Its constructor is not run, so what that keeps in `#private` fields is missing. An error of a
 * class that nobody has named is an instance of the nearest class above that is known, with the same name and fields.
 *
 * @param named the classes by name. The names stay in checkpoints: keep them when you rename a class
 * @throws MisconfigurationError for what is no class of errors, and for a name that another class has
 */
export function rememberErrors(named: { [name: string]: ErrorClass }): void {
  for (const [name, Class] of Object.entries(named)) {
    if (typeof Class !== 'function' || !(Class.prototype instanceof Error)) {
      throw new MisconfigurationError(
        `rememberErrors expected \`${name}\` to be a class that extends Error, got ${shown(Class)}.`,
      );
    }
    const other = classes.get(name);
    if (other !== undefined && other !== Class) {
      throw new MisconfigurationError(
        `rememberErrors was given another class by the name \`${name}\` already. Give each a name of its own: { 'db.${name}': ${name} }.`,
      );
    }
  }
  for (const [name, Class] of Object.entries(named)) add(name, Class);
}

/** The class that is known by a name. */
export function errorClass(name: string): ErrorClass | undefined {
  return classes.get(name);
}

/** The name of the nearest class of an error that is known; `undefined` for an error of another realm. */
export function classNameOf(error: Error): string | undefined {
  try {
    for (let at = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
      const name = names.get(at);
      if (name !== undefined) return name;
    }
  } catch {
    // A proxy whose traps throw.
  }
  return undefined;
}

/** Whether something is an error, of this realm or of another. Never throws. */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return value instanceof Error || /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
  } catch {
    return false;
  }
}
