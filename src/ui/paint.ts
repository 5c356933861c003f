// Rows of pieces in tones, and what colours they have on a terminal. The layout knows tones alone.

export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'bad' | 'busy' | 'warning' | 'selected';

export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of the screen. */
export type Row = readonly Piece[];

export const piece = (text: string, tone: Tone = 'plain'): Piece => ({text, tone});

/** Of the colours that each terminal has, in the user's own shades. */
const CODES: Readonly<Record<Tone, readonly [on: string, off: string]>> = {
  plain: ['', ''],
  strong: ['\u001b[1m', '\u001b[22m'],
  quiet: ['\u001b[2m', '\u001b[22m'],
  good: ['\u001b[32m', '\u001b[39m'],
  bad: ['\u001b[31m', '\u001b[39m'],
  busy: ['\u001b[36m', '\u001b[39m'],
  warning: ['\u001b[33m', '\u001b[39m'],
  selected: ['\u001b[7m', '\u001b[27m'],
};

export function painted(row: Row, hasColours: boolean): string {
  return row
    .map(({text, tone}) => {
      const [on, off] = hasColours ? CODES[tone] : CODES.plain;
      return `${on}${text}${off}`;
    })
    .join('');
}

export type ColourChoice = 'auto' | 'always' | 'never';

/** `choice` is what the command line says. Of the rest, NO_COLOR counts most, as https://no-color.org has it. */
export function wantsColours(choice: ColourChoice, env: NodeJS.ProcessEnv, depth: () => number): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return env.TERM !== 'dumb' && depth() > 1;
}

export interface Screen {
  /** What is drawn on: with its size, `write`, and the event `resize`. */
  readonly stream: NodeJS.WriteStream;
  readonly hasColours: boolean;
}

export interface Canvas {
  /** Draws these rows in the place of those before. */
  draw(rows: readonly Row[]): void;
  /** Writes whole lines above them. */
  above(text: string): void;
  /** Takes the rows away, and shows the cursor. */
  close(): void;
}
