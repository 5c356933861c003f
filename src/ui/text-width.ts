// Text in columns of a terminal: how wide it is, and what of it fits. Knows no colours.

/** Characters that take two columns: Chinese, Japanese and Korean ones, full-width forms, and most emoji. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** Those that take none: what is put on top of others, and what joins them. */
const NARROW = /^(?:\p{Mark}|\u200b|\u200c|\u200d)/u;
const PLAIN = /^[\x20-\x7e]*$/;

const SEGMENTER = new Intl.Segmenter();

/** Of what a person sees as one character. */
function columnsOfOne(character: string): number {
  if (NARROW.test(character)) return 0;
  return WIDE.test(character) || character.includes('\ufe0f') ? 2 : 1;
}

export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const {segment} of SEGMENTER.segment(text)) columns += columnsOfOne(segment);
  return columns;
}

/** Nothing in it moves the cursor or changes colours: names and arguments are the user's. */
export function onOneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '·');
}

/** Its beginning, if it is longer than `columns`; the last character says so. */
export function clipped(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  return columns < 1 ? '' : `${beginning(text, columns - 1)}…`;
}

/** Without its middle, if it is longer: of a name, both ends say which it is. */
export function clippedInside(text: string, columns: number): string {
  const width = columnsOf(text);
  if (width <= columns) return text;
  if (columns < 3) return clipped(text, columns);
  const head = Math.floor((columns - 1) / 3);
  const characters = [...SEGMENTER.segment(text)].map(({segment}) => segment).reverse();
  let tail = '';
  let left = columns - 1 - head;
  for (const character of characters) {
    left -= columnsOfOne(character);
    if (left < 0) break;
    tail = character + tail;
  }
  return `${beginning(text, head)}…${tail}`;
}

function beginning(text: string, columns: number): string {
  if (PLAIN.test(text)) return text.slice(0, columns);
  let result = '';
  let left = columns;
  for (const {segment} of SEGMENTER.segment(text)) {
    left -= columnsOfOne(segment);
    if (left < 0) break;
    result += segment;
  }
  return result;
}

/** Filled with spaces behind it. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Filled with spaces before it. */
export function paddedLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text;
}
