// Whether a function can do nothing but read what it is given, as far as its own text shows: then one decoded result can be
// given to any number of its calls. This is a proof and no guess: the text is taken apart into tokens, of which those that can
// neither change an object nor hand it to anybody who might are allowed, and whatever else there is means no. It supposes
// that arguments are plain data without functions in them, and that what is called `Map` or `Math` is what it is called.

import {type Token, tokensOf} from './tokens.js';

/** Words that do nothing by themselves. */
const STATEMENTS = words(
  'const let var if else for while do switch case default break continue return throw typeof void in of instanceof new',
);
const LITERALS = words('undefined null true false NaN Infinity');
const DECLARING = words('const let var');
/** A parenthesis after one of them is no call. */
const BEFORE_PARENTHESIS = words('if for while switch return throw typeof void in case else');

/** They change nothing, whatever of plain data they are called on; nor do their namesakes of the language. */
const READING = words(
  'at charAt charCodeAt codePointAt concat endsWith entries flat get getDate getDay getFullYear getHours getMilliseconds ' +
    'getMinutes getMonth getSeconds getTime getUTCDate getUTCDay getUTCFullYear getUTCHours getUTCMinutes getUTCMonth ' +
    'getUTCSeconds has hasOwnProperty includes indexOf join keys lastIndexOf localeCompare padEnd padStart repeat slice split ' +
    'startsWith subarray substring toFixed toISOString toLowerCase toPrecision toReversed toString toUpperCase trim trimEnd ' +
    'trimStart valueOf values with',
);
/** The same, if what they call stands there as an arrow function. */
const CALLING = words(
  'every filter find findIndex findLast findLastIndex flatMap forEach map reduce reduceRight some toSorted',
);
const FUNCTIONS = words('Number String Boolean BigInt isFinite isNaN parseFloat parseInt');
const MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    Math: words(
      'E PI LN2 LN10 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor hypot log log10 log1p ' +
        'log2 max min pow random round sign sin sinh sqrt tan tanh trunc',
    ),
    Number: words(
      'EPSILON MAX_SAFE_INTEGER MIN_SAFE_INTEGER MAX_VALUE isFinite isInteger isNaN isSafeInteger',
    ),
    Object: words('entries fromEntries hasOwn is keys values'),
    Array: words('isArray'),
    JSON: words('stringify'),
  }),
);
const CLASSES = words(
  'Array ArrayBuffer BigInt64Array BigUint64Array DataView Date Float32Array Float64Array Int16Array Int32Array Int8Array Map ' +
    'Object RegExp Set Uint16Array Uint32Array Uint8Array Uint8ClampedArray',
);
const MADE = words('Date Error Map RangeError Set TypeError');
const ASSIGNING = words('= += -= *= /= %= **= <<= >>= >>>= &= |= ^= &&= ||= ??=');
const CLOSING: Readonly<Record<string, string>> = {'(': ')', '[': ']', '{': '}'};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

type Function = (...args: never[]) => unknown;

const known = new WeakMap<Function, boolean>();

export function onlyReads(fn: Function): boolean {
  let answer = known.get(fn);
  if (answer === undefined) {
    // Not its own method, which anybody may have written.
    answer = textOnlyReads(Function.prototype.toString.call(fn));
    known.set(fn, answer);
  }
  return answer;
}

/** Exported for tests. */
export function textOnlyReads(text: string): boolean {
  const tokens = tokensOf(text);
  if (tokens === undefined) return false;
  try {
    new Reader(tokens).check();
    return true;
  } catch (error) {
    if (error instanceof Doubt) return false;
    throw error;
  }
}

/** Something that cannot be shown to do no harm. */
class Doubt extends Error {}

/** From one token to before another, where a name is known to be the function's own. */
interface Extent {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

class Reader {
  readonly #tokens: readonly Token[];
  /** Of each opening bracket the place of the closing one, and the other way round. */
  readonly #partner: number[] = [];
  readonly #extents = new Map<string, Extent[]>();
  /** Tokens that name what they declare. */
  readonly #declaring = new Set<number>();
  /** The `of` of loops, which is a name elsewhere. */
  readonly #ofs = new Set<number>();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  check(): void {
    this.#match();
    const body = this.#head();
    for (let i = body; i < this.#tokens.length; i++) this.#declarationsAt(i);
    for (let i = body; i < this.#tokens.length; i++) this.#token(i, body);
  }

  #text(place: number): string {
    return this.#tokens[place]?.text ?? '';
  }

  #isName(place: number): boolean {
    return this.#tokens[place]?.kind === 'name';
  }

  #match(): void {
    const open: number[] = [];
    this.#tokens.forEach((token, place) => {
      if (token.kind !== 'mark') return;
      if (token.text in CLOSING) open.push(place);
      if (!Object.values(CLOSING).includes(token.text)) return;
      const opener = open.pop();
      if (opener === undefined || CLOSING[this.#text(opener)] !== token.text) throw new Doubt();
      this.#partner[opener] = place;
      this.#partner[place] = opener;
    });
    if (open.length > 0) throw new Doubt();
  }

  /** Where the parameters begin: they and the body are looked at. */
  #head(): number {
    const end = this.#tokens.length;
    let place = 0;
    if (this.#text(0) === 'function') place++;
    // A function of one parameter without parentheses begins with its name, too.
    if (this.#isName(place) && this.#text(place + 1) === '(') {
      if (place === 0 && (STATEMENTS.has(this.#text(0)) || LITERALS.has(this.#text(0)))) throw new Doubt();
      place++;
    }
    const close = this.#text(place) === '(' ? this.#partner[place]! : undefined;
    const next = this.#text((close ?? place) + 1);
    // With a name before it, it is asynchronous.
    if (next === '=>' && place === 0) return place;
    if (close === undefined || next !== '{' || this.#partner[close + 1] !== end - 1) throw new Doubt();
    this.#parameters(place, end);
    return place;
  }

  #declarationsAt(place: number): void {
    const text = this.#text(place);
    if (text === '=>') {
      const before = place - 1;
      const first = this.#text(before) === ')' ? this.#partner[before]! : before;
      this.#parameters(first, this.#endOfArrow(place + 1));
    } else if (DECLARING.has(text) && this.#isName(place) && !this.#isProperty(place)) {
      this.#declarators(place + 1, this.#endOfBlock(place));
    }
  }

  #parameters(first: number, to: number): void {
    if (this.#text(first) !== '(') {
      this.#declare(first, first, to);
      return;
    }
    const close = this.#partner[first]!;
    let place = first + 1;
    while (place < close) {
      place = this.#skipExpression(this.#pattern(place, first, to), close).next;
      if (this.#text(place) === ',') place++;
    }
  }

  /** `let a = 1, {b} = c;` */
  #declarators(first: number, to: number): void {
    let place = first;
    for (;;) {
      const skipped = this.#skipExpression(this.#pattern(place, first, to), this.#tokens.length);
      if (this.#text(skipped.next) !== ',') return;
      // Where a line may have ended the declaration, what follows the comma need not be declared.
      if (skipped.hasLines) throw new Doubt();
      place = skipped.next + 1;
    }
  }

  /** Declares the names of a pattern; answers with the place behind it. */
  #pattern(place: number, from: number, to: number): number {
    const text = this.#text(place);
    if (text === '...') return this.#pattern(place + 1, from, to);
    if (text !== '[' && text !== '{') {
      this.#declare(place, from, to);
      return place + 1;
    }
    const close = this.#partner[place]!;
    let at = place + 1;
    while (at < close) {
      if (this.#text(at) === ',') {
        at++;
        continue;
      }
      if (text === '{' && this.#text(at) === '[') throw new Doubt();
      const isRenamed = text === '{' && this.#text(at + 1) === ':';
      at = this.#skipExpression(this.#pattern(isRenamed ? at + 2 : at, from, to), close).next;
    }
    return close + 1;
  }

  #declare(place: number, from: number, to: number): void {
    const name = this.#text(place);
    if (!this.#isName(place) || STATEMENTS.has(name) || LITERALS.has(name)) throw new Doubt();
    this.#declaring.add(place);
    const extents = this.#extents.get(name);
    const extent = {name, from, to};
    if (extents === undefined) this.#extents.set(name, [extent]);
    else extents.push(extent);
  }

  /** To the comma, semicolon, bracket, `of` or `in` that ends what begins at `place`, brackets taken whole. */
  #skipExpression(place: number, end: number): {readonly next: number; readonly hasLines: boolean} {
    let next = place;
    let hasLines = false;
    while (next < end) {
      const {text, isFirstOfLine} = this.#tokens[next]!;
      if (text === ',' || text === ';' || text === ')' || text === ']' || text === '}') break;
      if ((text === 'of' || text === 'in') && next === place) break;
      hasLines ||= isFirstOfLine;
      next = text in CLOSING && this.#tokens[next]!.kind === 'mark' ? this.#partner[next]! + 1 : next + 1;
    }
    return {next, hasLines};
  }

  /** Of the block, or loop, in which something is declared at `place`. */
  #endOfBlock(place: number): number {
    const at = this.#opener(place);
    if (at < 0) throw new Doubt();
    const close = this.#partner[at]!;
    if (this.#text(at) === '{') return close;
    if (this.#text(at) !== '(' || this.#text(at - 1) !== 'for') throw new Doubt();
    // Only loops with a block are looked through.
    if (this.#text(close + 1) !== '{') throw new Doubt();
    return this.#partner[close + 1]!;
  }

  /** The innermost bracket around `place`; -1 if there is none. */
  #opener(place: number): number {
    let at = place - 1;
    while (at >= 0 && !(this.#isOpening(at) && this.#partner[at]! >= place)) at--;
    return at;
  }

  #isOpening(place: number): boolean {
    return this.#tokens[place]!.kind === 'mark' && this.#text(place) in CLOSING;
  }

  #endOfArrow(body: number): number {
    if (this.#text(body) === '{') return this.#partner[body]!;
    const {next, hasLines} = this.#skipExpression(body, this.#tokens.length);
    // Within parentheses, no line ends a statement.
    const opener = this.#opener(body);
    if (hasLines && opener >= 0 && this.#text(opener) === '{') throw new Doubt();
    return next;
  }

  /** `.name`, `?.name` */
  #isProperty(place: number): boolean {
    const before = this.#text(place - 1);
    return this.#tokens[place - 1]?.kind === 'mark' && (before === '.' || before === '?.');
  }

  #isOwn(place: number): boolean {
    if (!this.#isName(place) || this.#isProperty(place)) return false;
    return (this.#extents.get(this.#text(place)) ?? []).some(({from, to}) => place >= from && place < to);
  }

  #token(place: number, body: number): void {
    const {kind, text} = this.#tokens[place]!;
    if (kind === 'name') this.#name(place);
    else if (kind !== 'mark') return;
    else if (text === '(') this.#parenthesis(place, body);
    else if (text === '++' || text === '--') this.#step(place);
    else if (ASSIGNING.has(text)) this.#assignment(place);
  }

  #name(place: number): void {
    const text = this.#text(place);
    if (this.#declaring.has(place) || this.#isProperty(place) || this.#isKey(place)) return;
    if (this.#isOwn(place) || LITERALS.has(text)) return;
    const next = this.#text(place + 1);
    if (STATEMENTS.has(text)) {
      if (text === 'for') this.#loop(place);
      else if (text === 'of' && !this.#ofs.has(place)) throw new Doubt();
      else if (text === 'instanceof' && !this.#isBuiltIn(place + 1, CLASSES)) throw new Doubt();
      else if (text === 'new' && !(this.#isBuiltIn(place + 1, MADE) && this.#text(place + 2) === '('))
        throw new Doubt();
      return;
    }
    const before = this.#text(place - 1);
    if (before === 'instanceof' && this.#isName(place - 1) && next !== '.' && next !== '[' && next !== '?.')
      return;
    if (before === 'new' && this.#isName(place - 1)) return;
    if (FUNCTIONS.has(text) && next === '(') return;
    // Also of a built-in object, only what is known; `Math.max` by itself could be kept and called otherwise.
    if (next === '.' && MEMBERS.get(text)?.has(this.#text(place + 2)) === true) return;
    throw new Doubt();
  }

  #isBuiltIn(place: number, names: ReadonlySet<string>): boolean {
    return this.#isName(place) && names.has(this.#text(place)) && !this.#isOwn(place);
  }

  /** `{id: 1}`, and what is renamed in a pattern. */
  #isKey(place: number): boolean {
    const before = this.#text(place - 1);
    return this.#text(place + 1) === ':' && (before === '{' || before === ',');
  }

  /** What is assigned to in each round is declared there. */
  #loop(place: number): void {
    const first = this.#text(place + 2);
    if (this.#text(place + 1) !== '(' || (first !== ';' && !DECLARING.has(first))) throw new Doubt();
    if (first !== ';') this.#ofs.add((this.#partner[place + 3] ?? place + 3) + 1);
  }

  /** Either it only groups, or what is called is known. */
  #parenthesis(place: number, body: number): void {
    if (place === body) return;
    const before = place - 1;
    const {kind, text} = this.#tokens[before]!;
    if (kind === 'text') throw new Doubt();
    if (kind === 'mark') {
      if (text === ')' || text === ']' || text === '}' || text === '?.') throw new Doubt();
      return;
    }
    if (this.#isProperty(before)) this.#method(before);
    else if (BEFORE_PARENTHESIS.has(text)) return;
    else if (this.#text(before - 1) === 'new' && MADE.has(text) && !this.#isOwn(before)) return;
    else if (!FUNCTIONS.has(text) || this.#isOwn(before)) throw new Doubt();
  }

  #method(place: number): void {
    const name = this.#text(place);
    const owner = place - 2;
    if (MEMBERS.get(this.#text(owner))?.has(name) === true && !this.#isOwn(owner) && !this.#isProperty(owner))
      return;
    if (READING.has(name)) return;
    if (!CALLING.has(name)) throw new Doubt();
    const first = place + 2;
    if (this.#text(first) === ')' && name === 'toSorted') return;
    const close = this.#text(first) === '(' ? this.#partner[first]! : first;
    if (this.#text(close + 1) !== '=>') throw new Doubt();
  }

  /** `i++`: whichever of its neighbours is meant. */
  #step(place: number): void {
    const isAfter = this.#isOwn(place - 1);
    const before = this.#text(place - 1);
    if (!isAfter && (this.#isProperty(place - 1) || before === ')' || before === ']' || before === '}'))
      throw new Doubt();
    const next = this.#text(place + 2);
    const isBefore = this.#isOwn(place + 1) && next !== '.' && next !== '?.' && next !== '[' && next !== '(';
    if (!isBefore && (!isAfter || this.#isName(place + 1) || this.#text(place + 1) === '('))
      throw new Doubt();
  }

  #assignment(place: number): void {
    const before = place - 1;
    if (this.#isOwn(before)) return;
    const text = this.#text(before);
    if (this.#text(place) !== '=' || (text !== ']' && text !== '}')) throw new Doubt();
    const opener = this.#partner[before]!;
    if (!DECLARING.has(this.#text(opener - 1)) || !this.#isName(opener - 1)) throw new Doubt();
  }
}
