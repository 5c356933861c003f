// Which arguments of a call a function can receive: what it has no parameter for, and cannot reach through a rest parameter
// or `arguments`, is no part of the call. Known from the function's source, read no further than that takes; where that
// leaves a doubt, the function can receive them all. Knows no task.

// biome-ignore lint/suspicious/noExplicitAny: any function at all.
type AnyFunction = (...args: any[]) => unknown;

/** `args` without those at the end that `fn` cannot receive. */
export function received(fn: AnyFunction, args: readonly unknown[]): readonly unknown[] {
  // `length` counts the parameters before the first that has a default, or takes the rest.
  if (args.length <= fn.length) return args;
  let most = known.get(fn);
  if (most === undefined) {
    most = mostReceived(Function.prototype.toString.call(fn));
    known.set(fn, most);
  }
  return args.length <= most ? args : args.slice(0, most);
}

const known = new WeakMap<AnyFunction, number>();

/** How many arguments a function of this source can receive at most. */
export function mostReceived(source: string): number {
  // A function of the language, a bound one, or a Proxy: what stands behind it is not told.
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) return Infinity;
  try {
    return new Reader(source).mostReceived();
  } catch (error) {
    if (error instanceof Doubt) return Infinity;
    throw error;
  }
}

class Doubt extends Error {}

/** A word, a number, a text, a regular expression, or one sign; of a template, all of it. */
interface Token {
  readonly kind: 'word' | 'property' | 'number' | 'text' | 'expression' | 'sign';
  readonly text: string;
}

const SPACE = /(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)+/y;
const WORD =
  /#?(?:[\p{ID_Start}$_]|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]+\})(?:[\p{ID_Continue}$\u200c\u200d]|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]+\})*/uy;
const NUMBER = /\.?\d(?:[eE][+-]|[\w.])*/y;
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y;
const EXPRESSION = /\/(?:[^\\[/\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[\p{ID_Continue}$]*/uy;
const SIGN = /=>|\.\.\.|\+\+|--|[\s\S]/y;
/** After these an expression begins, so that a slash opens a regular expression. */
const BEFORE_EXPRESSION =
  /^(?:return|typeof|instanceof|in|new|delete|void|throw|case|do|else|extends|default)$/;
/** Words, as far as a slash is concerned, that may be names as well. */
const MAY_BE_NAMES = /^(?:of|await|yield|let|async|get|set|static)$/;
/** Without any of these there is no need to look. A word may be written with escapes. */
const MAY_SPEAK = /arguments|eval|\\u/;
const SPEAKS = /^(?:arguments|eval)$|\\/;
const CLOSING: Readonly<Record<string, string>> = {'(': ')', '[': ']', '{': '}'};

class Reader {
  readonly #source: string;
  #at = 0;
  #last: Token | undefined;
  /** Of `arguments`, or of `eval`, which may do so; functions inside, which have their own, are not told apart. */
  #speaks = false;

  constructor(source: string) {
    this.#source = source;
  }

  mostReceived(): number {
    const opening = this.#toParameters();
    if (opening === '=>') return 1;
    const count = this.#parameters();
    // An arrow function has no `arguments` of its own.
    if (count === Infinity || this.#next()?.text === '=>' || !MAY_SPEAK.test(this.#source)) return count;
    while (this.#next() !== undefined);
    return this.#speaks ? Infinity : count;
  }

  /** Past the name, however it is written: `async *[name(1)](`. The arrow of `x => …`, if that comes first. */
  #toParameters(): string {
    for (let first = true; ; first = false) {
      const token = this.#demand();
      if (token.text === '(' || token.text === '=>') return token.text;
      if (token.text === '[') this.#pass(']');
      // A class: who calls it gets an error, if it is not called by what stands for it.
      else if (first && token.text === 'class' && !this.#isNext('(')) throw new Doubt();
    }
  }

  /** To the end of the list that was opened. */
  #parameters(): number {
    let count = 0;
    let isBegun = false;
    for (;;) {
      const token = this.#demand();
      if (token.text === ')') return isBegun ? count + 1 : count;
      if (token.text === '...' && !isBegun) return Infinity;
      if (token.text === ',' && token.kind === 'sign') {
        count++;
        isBegun = false;
      } else {
        isBegun = true;
        const closing = token.kind === 'sign' ? CLOSING[token.text] : undefined;
        if (closing !== undefined) this.#pass(closing);
      }
    }
  }

  /** To the `closing` that belongs to what was opened. */
  #pass(closing: string): void {
    const open = [closing];
    while (open.length > 0) {
      const {kind, text} = this.#demand();
      if (kind !== 'sign') continue;
      if (text === open.at(-1)) open.pop();
      else if (CLOSING[text] !== undefined) open.push(CLOSING[text]);
      else if (/^[)\]}]$/.test(text)) throw new Doubt();
    }
  }

  #isNext(text: string): boolean {
    const at = this.#at;
    const last = this.#last;
    const token = this.#next();
    this.#at = at;
    this.#last = last;
    return token?.text === text;
  }

  #demand(): Token {
    const token = this.#next();
    if (token === undefined) throw new Doubt();
    return token;
  }

  #next(): Token | undefined {
    this.#match(SPACE);
    if (this.#at >= this.#source.length) return undefined;
    const token = this.#token();
    this.#last = token;
    return token;
  }

  #token(): Token {
    const word = this.#match(WORD);
    if (word !== undefined) {
      this.#speaks ||= SPEAKS.test(word);
      return {kind: this.#last?.text === '.' ? 'property' : 'word', text: word};
    }
    const number = this.#match(NUMBER);
    if (number !== undefined) return {kind: 'number', text: number};
    const text = this.#match(TEXT);
    if (text !== undefined) return {kind: 'text', text};
    const sign = this.#source[this.#at]!;
    if (sign === '`') return this.#template();
    if (sign === '/' && this.#opensExpression()) {
      const expression = this.#match(EXPRESSION);
      if (expression === undefined) throw new Doubt();
      return {kind: 'expression', text: expression};
    }
    return {kind: 'sign', text: this.#match(SIGN)!};
  }

  /** What is put in is read, since it may speak of `arguments`: what is left of the template is then no more than its text. */
  #template(): Token {
    this.#at++;
    for (;;) {
      const char = this.#source[this.#at++];
      if (char === undefined) throw new Doubt();
      if (char === '\\') this.#at++;
      else if (char === '`') return {kind: 'text', text: '``'};
      else if (char === '$' && this.#source[this.#at] === '{') {
        this.#at++;
        this.#last = undefined;
        this.#pass('}');
      }
    }
  }

  /** Whether a slash here begins a regular expression, and does not divide. */
  #opensExpression(): boolean {
    const last = this.#last;
    if (last === undefined) return true;
    if (last.kind === 'word') {
      if (MAY_BE_NAMES.test(last.text)) throw new Doubt();
      return BEFORE_EXPRESSION.test(last.text);
    }
    if (last.kind !== 'sign' || last.text === ']') return false;
    // After `if (x)`, or the end of a block, it would be one; after a sum in brackets, or an object, it would not.
    if (/^(?:[)}]|\+\+|--)$/.test(last.text)) throw new Doubt();
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#source) ?? [];
    if (text !== undefined) this.#at += text.length;
    return text;
  }
}
