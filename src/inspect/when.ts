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
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at];
  const take = (...wanted: string[]) => (wanted.includes(tokens[at] ?? '') ? tokens[at++] : undefined);
  const fail = (): never => {
    throw unreadable(text, peek() ?? 'its end');
  };

  const either = (): Reader => {
    let left = both();
    while (take('||')) {
      const [a, b] = [left, both()];
      left = (scope) => known(or(truth(a(scope)), () => truth(b(scope))));
    }
    return left;
  };
  const both = (): Reader => {
    let left = comparison();
    while (take('&&')) {
      const [a, b] = [left, comparison()];
      left = (scope) => known(not(or(not(truth(a(scope))), () => not(truth(b(scope))))));
    }
    return left;
  };
  const comparison = (): Reader => {
    const left = operand();
    const operator = take('<', '<=', '>', '>=', '==', '===', '!=', '!==');
    if (operator === undefined) return left;
    const right = operand();
    return (scope) => known(compare(operator, left(scope), right(scope), look, scope));
  };
  const operand = (): Reader => {
    if (take('!')) {
      const inner = operand();
      return (scope) => known(not(truth(inner(scope))));
    }
    if (take('(')) {
      const inner = either();
      return take(')') ? inner : fail();
    }
    const word = peek();
    if (word === undefined) return fail();
    if (/^[-\d]/.test(word)) return literal(Number(tokens[at++]));
    if (/^["']/.test(word)) return literal(unquoted(tokens[at++]!, text));
    if (!/^[A-Za-z_$]/.test(word)) return fail();
    at++;
    return Object.hasOwn(words, word) ? literal(words[word]) : path(word);
  };
  const path = (first: string): Reader => {
    const keys = [first];
    for (;;) {
      if (take('.')) {
        const key = tokens[at++];
        keys.push(key !== undefined && /^[A-Za-z_$]/.test(key) ? key : fail());
      } else if (take('[')) {
        const key = tokens[at++];
        if (key === undefined || !/^["'\d]/.test(key)) return fail();
        keys.push(/^\d/.test(key) ? String(Number(key)) : unquoted(key, text));
        if (!take(']')) return fail();
      } else {
        return (scope) => keys.reduce<unknown>((value, key) => within(value, key, look, scope), scope);
      }
    }
  };

  const condition = either();
  if (at < tokens.length) fail();
  return (scope) => truth(condition(scope));
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
