// The text of a function as tokens, for pure-top-level.ts: names, numbers, strings and marks. Not all of JavaScript: where a
// character could be read in two ways (a regular expression or a division), or is none that is known, there is no answer.

export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'mark';
  readonly text: string;
  readonly isFirstOfLine: boolean;
}

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /(?:\d|\.\d)[\w.]*/y;
const SPACE = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\/)+/y;
const TEXT = /'(?:[^'\\\n\r]|\\[\s\S])*'|"(?:[^"\\\n\r]|\\[\s\S])*"/y;
/** The longest first. */
const MARK =
  /\.\.\.|>>>=|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|===|!==|==|!=|<=|>=|\*\*|<<|>>|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|[-+*/%&|^]=|[-+*/%&|^!~<>=?:;,.()[\]{}]/y;
/** Text of a template, up to its end or to what is put in. */
const PIECE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;

/** After such a word begins an expression, and a slash is no division. */
const BEFORE_EXPRESSION = new Set(
  'return throw typeof void in of case else do instanceof new delete await yield default extends'.split(' '),
);
/** After the parenthesis of such a word comes a statement. */
const BEFORE_STATEMENT = new Set(['if', 'for', 'while', 'with', 'switch', 'catch']);

/** Errors: none; `undefined` in doubt. */
export function tokensOf(text: string): Token[] | undefined {
  // Comments, in scripts of the old kind.
  if (text.includes('<!--') || text.includes('-->')) return undefined;
  const lexer = new Lexer(text);
  return lexer.run(false) && lexer.isAtEnd ? lexer.tokens : undefined;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #text: string;
  #at = 0;
  #isFirstOfLine = false;
  /** Of each open bracket, whether a statement follows the closing one. */
  readonly #open: boolean[] = [];
  #closedStatement = false;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** `isInTemplate`: up to the brace that ends what is put in. False in doubt. */
  run(isInTemplate: boolean): boolean {
    const depth = this.#open.length;
    for (;;) {
      const space = this.#take(SPACE);
      if (space !== undefined) this.#isFirstOfLine ||= /[\n\r\u2028\u2029]/.test(space);
      if (this.isAtEnd) return !isInTemplate;
      if (isInTemplate && this.#text[this.#at] === '}' && this.#open.length === depth) {
        this.#at++;
        return true;
      }
      if (!this.#next()) return false;
    }
  }

  #next(): boolean {
    if (this.#text[this.#at] === '`') return this.#template();
    for (const [kind, pattern] of [
      ['name', NAME],
      ['number', NUMBER],
      ['text', TEXT],
    ] as const) {
      const taken = this.#take(pattern);
      if (taken !== undefined) return this.#push(kind, taken);
    }
    if (this.#text[this.#at] === '/' && !this.#isDivision()) return false;
    const mark = this.#take(MARK);
    if (mark === undefined) return false;
    this.#bracket(mark);
    return this.#push('mark', mark);
  }

  #bracket(mark: string): void {
    const last = this.tokens.at(-1);
    if (mark === '(' || mark === '[' || mark === '{')
      this.#open.push(mark === '(' && last?.kind === 'name' && BEFORE_STATEMENT.has(last.text));
    if (mark === ')' || mark === ']' || mark === '}') this.#closedStatement = this.#open.pop() ?? true;
  }

  #isDivision(): boolean {
    const last = this.tokens.at(-1);
    if (last === undefined) return false;
    if (last.kind === 'name') return !BEFORE_EXPRESSION.has(last.text);
    if (last.kind !== 'mark') return true;
    return last.text === ']' || (last.text === ')' && !this.#closedStatement);
  }

  /** As a sum of its pieces, which it is. One with a function before it is a call, and in doubt. */
  #template(): boolean {
    const last = this.tokens.at(-1);
    const isTagged =
      last !== undefined &&
      (last.kind === 'name'
        ? !BEFORE_EXPRESSION.has(last.text)
        : last.kind !== 'mark' || /^[)\]}]$/.test(last.text));
    if (isTagged) return false;
    this.#at++;
    this.#push('text', '');
    for (;;) {
      const piece = this.#take(PIECE);
      if (piece === undefined) return false;
      if (piece.endsWith('`')) return true;
      this.#push('mark', '+');
      this.#bracket('(');
      this.#push('mark', '(');
      if (!this.run(true)) return false;
      this.#bracket(')');
      this.#push('mark', ')');
      this.#push('mark', '+');
      this.#push('text', '');
    }
  }

  #push(kind: Token['kind'], text: string): true {
    this.tokens.push({kind, text, isFirstOfLine: this.#isFirstOfLine});
    this.#isFirstOfLine = false;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
