// The text of a class, as the language gives it, searched for what no property shows: private names, and memory
// that is not the language's. Reads tokens, so that a
// colour in a comment or a string is no name; knows nothing of what is done with the answer.

/** What compilers make of a private name where the language they write for has none (tsc, Babel, swc, esbuild). */
const HELPER = /^_+(?:class_?private_?(?:field|method)\w*|private(?:Get|Set|Add|Method|In|Wrapper))$/i;
/** What emscripten and wasm-bindgen call the memory, or what stands in it for an instance. */
const MEMORY = /^(?:HEAPU?\d+|HEAPF\d+|__wbg_ptr|__wbindgen_\w+)$/;
/** Spares nearly all classes the reading. */
const WORTH_READING = /#|private|HEAP|__wb/i;

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[#\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*|\s+|[\s\S]/uy;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/uy;
const TEMPLATE = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*(?<end>`|\$\{|$)/uy;
/** How an expression begins in a template. */
const HOLE = '\u0024{';
/** After these words there is a value, and no division. */
const BEFORE_VALUE =
  /^(?:return|typeof|instanceof|in|of|new|delete|void|throw|case|do|else|await|yield|extends)$/;
const BEFORE_CONDITION = /^(?:if|while|for|with)$/;

export interface Privates {
  /** Private names of instances, in the order in which they are met; those of the class itself (static) are not among them. */
  readonly names: readonly string[];
  /** A function by which a compiler keeps private fields elsewhere: `__classPrivateFieldGet`. */
  readonly helper: string | undefined;
  /** A name by which methods go to the memory of WebAssembly: `HEAPU8`. */
  readonly memory: string | undefined;
}

export function privatesIn(source: string): Privates {
  const names = new Set<string>();
  if (!WORTH_READING.test(source)) return {names: [], helper: undefined, memory: undefined};
  const tokens = tokensOf(source);
  const ofTheClass = new Set<string>();
  for (const [at, token] of tokens.entries()) {
    if (!token.startsWith('#') || token.length === 1) continue;
    if (isStatic(tokens, at)) ofTheClass.add(token);
    else names.add(token);
  }
  return {
    names: [...names].filter(name => !ofTheClass.has(name)),
    helper: tokens.find(token => HELPER.test(token)),
    memory: tokens.find(token => MEMORY.test(token)),
  };
}

/** `static #n`, `static async *#n`, `static get #n`: what stands between is part of the declaration. */
function isStatic(tokens: readonly string[], at: number): boolean {
  let before = at - 1;
  while (/^(?:async|get|set|\*|accessor)$/.test(tokens[before] ?? '')) before--;
  return tokens[before] === 'static';
}

/** Without blanks, comments, and what stands in strings, templates and regular expressions. */
function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  /** What was before each bracket that is open; HOLE for one in a template. */
  const open: string[] = [];
  let conditionClosed = false;
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const template = (): void => {
    if (take(TEMPLATE)!.groups!.end === HOLE) open.push(HOLE);
  };
  while (at < source.length) {
    const before = tokens.at(-1) ?? '';
    if (source[at] === '/' && !/^[/*]$/.test(source[at + 1] ?? '')) {
      const isValue = /^[\p{ID_Continue}$#"\])]/u.test(before) && !BEFORE_VALUE.test(before);
      if ((!isValue || (before === ')' && conditionClosed)) && take(REGEXP) !== null) {
        tokens.push('""');
        continue;
      }
    }
    const token = take(TOKEN)![0];
    if (/^(?:\s|\/[/*])/.test(token)) continue;
    if (/^["']/.test(token)) tokens.push('""');
    else tokens.push(token);
    if (token === '`') template();
    else if (token === '(' || token === '{') open.push(before);
    else if (token === ')') conditionClosed = BEFORE_CONDITION.test(open.pop() ?? '');
    else if (token === '}' && open.pop() === HOLE) template();
  }
  return tokens;
}
