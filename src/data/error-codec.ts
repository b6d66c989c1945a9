import { classNameOf, type ErrorClass, errorClass, isError } from './error-classes.ts';
import { type Json, plainOrNot } from './json.ts';
import { kindOf, shownInRecording } from './shown.ts';

/*
 * What was thrown, as plain data, and back: one form for checkpoints, recordings and the inspector. Of an error
 *
 *     name, message, stack      texts
 *     code, status, …           its own fields that are plain data; one that looks like a word of ours has a `$` more
 *     cause, errors             as descriptions like this one
 *     $fields                   its own fields that hold an error or a list of errors, as descriptions
 *     $class                    the name of its class, where that is not what its name says
 *     $enumerable               which of name, message, stack, cause, errors a loop over its keys finds, if it is not the usual
 *
 * Anything else has a name and a message, for whoever shows it, and one of
 *
 *     $value                    it is plain data: this
 *     $undefined                it is undefined
 *     $list                     it is a list of errors: their descriptions
 *     $opaque                   it is neither an error nor plain data; this is its kind, and no more is known of it
 *     $up                       it is an error that stands around it, so many levels up: causes may go round in a circle
 */

/** What was thrown, as plain data. */
export interface PlainError {
  [key: string]: Json;
  name: string;
  message: string;
}

/** In one description: values in fields, errors, levels of errors. What is beyond is left out. */
const limits = { values: 100_000, errors: 1000, levels: 100 };

const words = /^\$+(fields|class|enumerable|value|undefined|list|opaque|up)$/;
const special = ['name', 'message', 'stack', 'cause', 'errors'];

/** Stands for something that was thrown and is neither an error nor plain data. */
export class Opaque {
  readonly #text: string;

  constructor(kind: string, text: string) {
    this.#text = text;
    // Whoever asks for its kind gets that of what it stands for.
    Object.defineProperty(this, 'constructor', { value: { name: kind } });
  }

  toJSON(): undefined {}

  toString(): string {
    return this.#text;
  }
}

/** Of errors that came back without their class, because nobody has named it here: what it was called. */
const lostClasses = new WeakMap<Error, string>();

/**
 * What was thrown, as plain data. Never throws and is bounded: what cannot be read is missing, and fields that are
 * neither plain data nor errors are left out.
 * @param values how many values the fields may hold in all; default: 100,000
 */
export function describeError(thrown: unknown, values: number = limits.values): PlainError {
  return new Describing(values).describe(thrown);
}

class Describing {
  readonly #values: { left: number };
  #errors = limits.errors;
  readonly #described = new Map<Error, PlainError>();
  /** The errors around the one that is described. */
  readonly #around: Error[] = [];

  constructor(values: number) {
    this.#values = { left: values };
  }

  describe(thrown: unknown): PlainError {
    if (!isError(thrown)) return this.#other(thrown);
    const known = this.#described.get(thrown);
    if (known !== undefined) {
      const at = this.#around.indexOf(thrown);
      if (at === -1) return known;
      return { name: known.name, message: known.message, $up: this.#around.length - at };
    }
    if (this.#errors-- <= 0 || this.#around.length === limits.levels) return leftOut();
    const described: PlainError = { name: text(read(thrown, 'name'), 'Error'), message: text(read(thrown, 'message')) };
    this.#described.set(thrown, described);
    this.#around.push(thrown);
    this.#fill(described, thrown);
    this.#around.pop();
    return described;
  }

  #other(thrown: unknown): PlainError {
    const plain = plainOrNot(thrown, this.#values);
    if (plain === undefined && isListOfErrors(thrown)) {
      const list = this.#list(thrown);
      return { name: 'Error', message: list.map(({ message }) => message).join('; '), $list: list };
    }
    const described: PlainError = { name: 'Error', message: text(thrown, 'undefined') };
    if (plain !== undefined) described.$value = plain.copy;
    else if (thrown === undefined) described.$undefined = true;
    else described.$opaque = kindOf(thrown);
    return described;
  }

  #fill(described: PlainError, error: Error): void {
    const stack = read(error, 'stack');
    if (typeof stack === 'string') described.stack = stack;
    const className = lostClasses.get(error) ?? classNameOf(error);
    if (className !== undefined && className !== usualClass(described)) described.$class = className;
    const keys = keysOf(error);
    const enumerable = special.filter((key) => keys.includes(key) && read(error, key) !== undefined);
    if (enumerable.join() !== usuallyEnumerable(described).join()) described.$enumerable = enumerable;
    const fields: { [key: string]: Json } = {};
    const errors = read(error, 'errors');
    // These say most, and some classes have them as getters.
    for (const key of new Set([...keys, 'code', 'path', 'reason'])) {
      if (isSpecial(key, errors) || this.#values.left-- <= 0) continue;
      const value = read(error, key);
      const plain = value === undefined ? undefined : plainOrNot(value, this.#values);
      if (plain !== undefined) setKey(described, words.test(key) ? `$${key}` : key, plain.copy);
      else if (isError(value)) setKey(fields, key, this.describe(value));
      else if (isListOfErrors(value)) setKey(fields, key, this.#list(value));
    }
    if (Object.keys(fields).length > 0) described.$fields = fields;
    const cause = read(error, 'cause');
    if (cause !== undefined) described.cause = this.describe(cause);
    if (isList(errors)) described.errors = this.#list(errors);
  }

  #list(things: unknown[]): PlainError[] {
    const list: PlainError[] = [];
    for (const one of things) {
      if (this.#errors <= 0) return [...list, leftOut()];
      if (!isError(one)) this.#errors--;
      list.push(this.describe(one));
    }
    return list;
  }
}

/** What is not told as one of an error's own fields. What is called `errors` and is no list is one. */
function isSpecial(key: string, errors: unknown): boolean {
  return special.includes(key) && (key !== 'errors' || isList(errors));
}

function leftOut(): PlainError {
  return { name: 'Error', message: 'There is more, which was left out.' };
}

function read(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function keysOf(error: Error): string[] {
  try {
    return Object.keys(error);
  } catch {
    return [];
  }
}

function text(value: unknown, otherwise = ''): string {
  if (value === undefined) return otherwise;
  return typeof value === 'string' ? value : shownInRecording(value);
}

function isList(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value) && value.length >= 0;
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

function isListOfErrors(value: unknown): value is Error[] {
  return isList(value) && value.slice(0, limits.errors).every(isError);
}

function setKey(object: object, key: string, value: unknown, enumerable = true): void {
  Object.defineProperty(object, key, { value, enumerable, configurable: true, writable: true });
}

/** The class of an error, as far as its name tells. */
function usualClass({ name }: PlainError): string {
  return errorClass(name) === undefined ? 'Error' : name;
}

function classOf(described: PlainError): { name: string; Class: ErrorClass | undefined } {
  const name = typeof described.$class === 'string' ? described.$class : usualClass(described);
  return { name, Class: errorClass(name) };
}

/** A name that the class does not give is a field. */
function usuallyEnumerable(described: PlainError): string[] {
  return read((classOf(described).Class ?? Error).prototype, 'name') === described.name ? [] : ['name'];
}

/**
 * What was described, thrown again: an error of the same class, plain data as itself, undefined; an {@link Opaque} for
 * what is neither. Takes anything, so that a description that was damaged gives some error.
 */
export function revivedError(described: PlainError): unknown {
  return new Reviving().revive(described);
}

class Reviving {
  readonly #revived = new Map<Json, Error>();
  readonly #around: Error[] = [];

  revive(described: Json): unknown {
    if (typeof described !== 'object' || described === null || Array.isArray(described))
      return new Error(shownInRecording(described));
    const { $up, $value, $list, $opaque, message } = described;
    if ('$value' in described) return plainOrNot($value)?.copy;
    if ('$undefined' in described) return undefined;
    if (Array.isArray($list)) return this.#inside($list);
    if (typeof $opaque === 'string') return new Opaque($opaque, text(message));
    const known = typeof $up === 'number' ? this.#around.at(-$up) : this.#revived.get(described);
    if (known !== undefined) return known;
    const error = empty(described as PlainError);
    if (this.#around.length > limits.levels) return error;
    this.#revived.set(described, error);
    this.#around.push(error);
    this.#fill(error, described as PlainError);
    this.#around.pop();
    return error;
  }

  #fill(error: Error, described: PlainError): void {
    const { name, message, stack, cause, errors, $fields, $enumerable } = described;
    const enumerable = Array.isArray($enumerable) ? $enumerable : usuallyEnumerable(described);
    const set = (key: string, value: unknown) => {
      if (!Object.is(read(error, key), value) || enumerable.includes(key)) {
        setKey(error, key, value, !special.includes(key) || enumerable.includes(key));
      }
    };
    set('name', text(name, 'Error'));
    set('message', text(message));
    if (stack === undefined) Reflect.deleteProperty(error, 'stack');
    else set('stack', stack);
    for (const key of Object.keys(described)) {
      if (isSpecial(key, errors) || (words.test(key) && !key.startsWith('$$'))) continue;
      set(words.test(key) ? key.slice(1) : key, plainOrNot(described[key])?.copy);
    }
    for (const [key, inner] of Object.entries($fields ?? {})) set(key, this.#inside(inner));
    if (cause !== undefined) set('cause', this.revive(cause));
    if (isList(errors)) set('errors', this.#inside(errors as Json));
  }

  #inside(described: Json): unknown {
    return Array.isArray(described) ? described.map((one) => this.revive(one)) : this.revive(described);
  }
}

/** An error of the right class, and nothing in it. Its constructor is not run, for nobody knows its arguments. */
function empty(described: PlainError): Error {
  const { name, Class } = classOf(described);
  const prototype: object = Class === undefined ? Error.prototype : Class.prototype;
  // These two keep something that no other object can have.
  const isDom =
    typeof DOMException === 'function' && (prototype === DOMException.prototype || prototype instanceof DOMException);
  const error: Error = isDom ? new DOMException(text(described.message), text(described.name)) : new Error();
  if (Object.getPrototypeOf(error) !== prototype) Object.setPrototypeOf(error, prototype);
  if (Class === undefined) lostClasses.set(error, name);
  return error;
}
