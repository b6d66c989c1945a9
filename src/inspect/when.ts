import { isEqual, isLess, type Truth, truth } from './comparing.ts';
import { type Look, looksLive, Unknown, within } from './looking.ts';

/** What a condition says of a context; `undefined` where that cannot be known, because what it asks for was cut away. */
export type Condition = (scope: object) => Truth;

const token =
  /\s*(?:(-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity(?![\w$])))|("(?:[^"\\]|\\.)*"|'[^'\\]*')|([A-Za-z_$][\w$]*)|(&&|\|\||[<>=!]==?|[<>!().[\]]))/y;
const words: Record<string, unknown> = {
  true: true,
  false: false,
  null: null,
  undefined,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
};
const longest = 500;

type Reader = (scope: object) => unknown;

/**
 * A condition as people write it, `state.loss > 2 && steps >= 10`: paths, literals, comparisons, `!`, `&&`, `||` and parentheses.
 * It is read, never run as code, and means the same of a context in the program and of one that lines tell.
 * @param look how the values of the context are kept
 * @throws Error that says where it cannot be read
 */
export function parseCondition(text: string, look: Look = looksLive): Condition {
  if (text.length > longest) throw new Error(`Expected a condition of at most ${longest} characters.`);
  const condition = new Parser(text, look).whole();
  return (scope) => truth(condition(scope));
}

/** One method for each rank of the grammar: from `||`, which binds least, to a path, which binds most. */
class Parser {
  readonly #text: string;
  readonly #look: Look;
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string, look: Look) {
    this.#text = text;
    this.#look = look;
    this.#tokens = tokensOf(text);
  }

  whole(): Reader {
    const condition = this.#either();
    return this.#at < this.#tokens.length ? this.#fail() : condition;
  }

  #either(): Reader {
    let left = this.#both();
    while (this.#take('||')) {
      const [a, b] = [left, this.#both()];
      left = (scope) => known(or(truth(a(scope)), () => truth(b(scope))));
    }
    return left;
  }

  #both(): Reader {
    let left = this.#comparison();
    while (this.#take('&&')) {
      const [a, b] = [left, this.#comparison()];
      left = (scope) => known(not(or(not(truth(a(scope))), () => not(truth(b(scope))))));
    }
    return left;
  }

  #comparison(): Reader {
    const left = this.#operand();
    const operator = this.#take('<', '<=', '>', '>=', '==', '===', '!=', '!==');
    if (operator === undefined) return left;
    const right = this.#operand();
    const look = this.#look;
    return (scope) => known(compare(operator, left(scope), right(scope), look, scope));
  }

  #operand(): Reader {
    if (this.#take('!')) {
      const inner = this.#operand();
      return (scope) => known(not(truth(inner(scope))));
    }
    if (this.#take('(')) {
      const inner = this.#either();
      return this.#take(')') ? inner : this.#fail();
    }
    const word = this.#tokens[this.#at];
    if (word === undefined) return this.#fail();
    if (/^[-\d]/.test(word)) return literal(Number(this.#next()));
    if (/^["']/.test(word)) return literal(unquoted(this.#next()!, this.#text));
    if (!/^[A-Za-z_$]/.test(word)) return this.#fail();
    this.#next();
    return Object.hasOwn(words, word) ? literal(words[word]) : this.#path(word);
  }

  #path(first: string): Reader {
    const keys = [first];
    for (;;) {
      if (this.#take('.')) {
        const key = this.#next();
        keys.push(key !== undefined && /^[A-Za-z_$]/.test(key) ? key : this.#fail());
      } else if (this.#take('[')) {
        const key = this.#next();
        if (key === undefined || !/^["'\d]/.test(key)) return this.#fail();
        keys.push(/^\d/.test(key) ? String(Number(key)) : unquoted(key, this.#text));
        if (!this.#take(']')) return this.#fail();
      } else {
        const look = this.#look;
        return (scope) => keys.reduce<unknown>((value, key) => within(value, key, look, scope), scope);
      }
    }
  }

  #next(): string | undefined {
    return this.#tokens[this.#at++];
  }

  /** The next token, if it is one of these. */
  #take(...wanted: string[]): string | undefined {
    return wanted.includes(this.#tokens[this.#at] ?? '') ? this.#next() : undefined;
  }

  #fail(): never {
    throw unreadable(this.#text, this.#tokens[this.#at] ?? 'its end');
  }
}

function unreadable(text: string, at: string): Error {
  return new Error(`Expected a condition such as \`state.loss > 2\`, got \`${text}\` (at \`${at}\`).`);
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const rest = text.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < rest.length) {
    const from = token.lastIndex;
    const match = token.exec(rest);
    if (match === null) throw unreadable(rest, rest.slice(from).trim());
    tokens.push(match[1] ?? match[2] ?? match[3] ?? match[4]!);
  }
  return tokens;
}

const literal =
  (value: unknown): Reader =>
  () =>
    value;

/** What stands in quotes. In double ones it is JSON; single ones have no escapes. */
function unquoted(quoted: string, condition: string): string {
  if (!quoted.startsWith('"')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted);
  } catch (cause) {
    throw new Error(
      `Expected a condition whose texts are as in JSON (with the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041 and no others), got \`${condition}\` (at \`${quoted}\`).`,
      { cause },
    );
  }
}

const not = (value: Truth): Truth => (value === undefined ? undefined : !value);
/** As a value, which others may compare. */
const known = (value: Truth): unknown => (value === undefined ? new Unknown('anything') : value);

function or(left: Truth, right: () => Truth): Truth {
  if (left === true) return true;
  const other = right();
  return other === true ? true : left === undefined ? undefined : other;
}

function compare(operator: string, left: unknown, right: unknown, look: Look, scope: object): Truth {
  switch (operator) {
    case '<':
      return isLess(left, right);
    case '>':
      return isLess(right, left);
    case '<=':
      return isLess(left, right, true);
    case '>=':
      return isLess(right, left, true);
    case '==':
    case '===':
      return isEqual(left, right, look, scope);
    default:
      return not(isEqual(left, right, look, scope));
  }
}
