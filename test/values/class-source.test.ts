// Private names in the text of classes.

import test from 'ava';
import {privatesIn} from '../../src/values/class-source.js';

function names(source: string): readonly string[] {
  return privatesIn(source).names;
}

const NONE: Record<string, string> = {
  'a comment': 'class A { /* #a */ x = 1; // this.#b\n y() {} }',
  'a string': `class A { x = '#a'; y = "it's #b"; z = "\\"#c"; }`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template is what is looked at.
  'a template': 'class A { x = `#a ${"`#b`"} #c ${`#d ${1}`} #e`; }',
  'a regular expression': `class A { x = /#a/; y() { return /[/"']#b/.test(this.x) } z(s) { if (s) /'#c/.test(s); } }`,
  'the class itself':
    'class A { static #n = 0; static async #m() {} static get #o() { return A.#n } static *#g() {} }',
};
for (const [what, source] of Object.entries(NONE)) {
  test(`no private name is what stands in ${what}`, t => {
    t.deepEqual(names(source), []);
  });
}

const SOME: Record<string, [source: string, names: string[]]> = {
  'a field': ['class A { #n = 0; get n() { return this.#n } }', ['#n']],
  'a method': ['class A { #help() {} x = 1; go() { this.#help() } }', ['#help']],
  'an accessor': ['class A { get #n() { return 1 } }', ['#n']],
  'what is between strings': [`class A { x = '"'; #n = 1; y = '"'; }`, ['#n']],
  'the holes of a template': [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as above.
    'class A { show() { return `a ${this.#n} b ${{a: `${this.#m}`}.a} "` } }',
    ['#n', '#m'],
  ],
  'what follows a division': ['class A { half() { return (this.a) / 2 + this.#b / 3 } }', ['#b']],
  'what follows a division of a member': ['class A { half() { return a[0] / this.#b / 3 } }', ['#b']],
  'what follows a regular expression': [String.raw`class A { x = /[/\]"]/g; #n; y = /'/ }`, ['#n']],
  'other letters': ['class A { #größe = 1; #$_ = 2 }', ['#größe', '#$_']],
};
for (const [where, [source, expected]] of Object.entries(SOME)) {
  test(`private names are found: ${where}`, t => {
    t.deepEqual(names(source), expected);
  });
}

test('the functions by which compilers keep private fields elsewhere are found', t => {
  for (const code of [
    '__classPrivateFieldGet(this, _A_n, "f")',
    'tslib_1.__classPrivateFieldSet(this, _n, 1, "f")',
    '_classPrivateFieldInitSpec(this, _n, 1)',
    '_class_private_field_get(this, _n)',
    '__privateAdd(this, _n)',
  ]) {
    t.truthy(privatesIn(`class A { constructor() { ${code}; } }`).helper, code);
  }
  for (const code of ['this.privateGet = 1', 'this.isPrivate()', 'this.name = "__privateAdd"']) {
    t.is(privatesIn(`class A { constructor() { ${code}; } }`).helper, undefined, code);
  }
});

test('the memory of WebAssembly is found', t => {
  t.is(privatesIn('class A { get() { return Module.HEAPU8.slice(this.at) } }').memory, 'HEAPU8');
  t.is(privatesIn('class A { free() { const at = this.__wbg_ptr; } }').memory, '__wbg_ptr');
  t.is(privatesIn('class A { HEAP = "HEAPU8"; cheap() {} }').memory, undefined);
});

test('each class of node that can be seen is read to its end', t => {
  for (const Class of [URL, URLSearchParams, Event, AbortController]) {
    t.true(names(Function.prototype.toString.call(Class)).length > 0, Class.name);
  }
  t.deepEqual(names(Function.prototype.toString.call(Blob)), []);
});
