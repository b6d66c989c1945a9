/** What a condition says of a context. */
export type Condition = (scope: object) => boolean;

const token =
  /\s*(?:(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)|("(?:[^"\\]|\\.)*"|'[^'\\]*')|([A-Za-z_$][\w$]*)|(&&|\|\||[<>=!]==?|[<>!().[\]]))/y;
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
 * It is read, never run as code. @throws Error that says where it cannot be read
 */
export function parseCondition(text: string): Condition {
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
      left = (scope) => Boolean(a(scope)) || Boolean(b(scope));
    }
    return left;
  };
  const both = (): Reader => {
    let left = comparison();
    while (take('&&')) {
      const [a, b] = [left, comparison()];
      left = (scope) => Boolean(a(scope)) && Boolean(b(scope));
    }
    return left;
  };
  const comparison = (): Reader => {
    const left = operand();
    const operator = take('<', '<=', '>', '>=', '==', '===', '!=', '!==');
    if (operator === undefined) return left;
    const right = operand();
    return (scope) => compare(operator, left(scope), right(scope));
  };
  const operand = (): Reader => {
    if (take('!')) {
      const inner = operand();
      return (scope) => !inner(scope);
    }
    if (take('(')) {
      const inner = either();
      return take(')') ? inner : fail();
    }
    const word = peek();
    if (word === undefined) return fail();
    if (/^[-\d]/.test(word)) return literal(Number(tokens[at++]));
    if (/^["']/.test(word)) return literal(unquoted(tokens[at++]!));
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
        keys.push(/^\d/.test(key) ? key : unquoted(key));
        if (!take(']')) return fail();
      } else {
        return (scope) => keys.reduce<unknown>(own, scope);
      }
    }
  };

  const condition = either();
  if (at < tokens.length) fail();
  return (scope) => Boolean(condition(scope));
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

function unquoted(text: string): string {
  return text.startsWith('"') ? JSON.parse(text) : text.slice(1, -1);
}

/** Own keys only: nothing that a prototype holds is reached. */
function own(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function compare(operator: string, left: any, right: any): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    // NaN equals itself here: `state.loss == NaN` is what one wants to ask.
    case '==':
    case '===':
      return left === right || Object.is(left, right);
    default:
      return !(left === right || Object.is(left, right));
  }
}
