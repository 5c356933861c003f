// Draws a run with Ink, on a few lines at the bottom of the terminal: what was said stays above them. The only file that
// loads Ink and React, and loaded only where it draws. Reads no key, so that the terminal stays as it was.

import {Box, type Instance, render, Text, useStdout} from 'ink';
import {createElement, type ReactNode} from 'react';
import {type Canvas, painted, type Row, type Screen} from './paint.js';

/** Pictures a second at most: where keys are answered, none waits for the one before. */
const MOST_FPS = 120;

export function openDrawing(screen: Screen): Canvas {
  let write: (text: string) => void = () => {};
  let rows: readonly Row[] = [];

  function Live(): ReactNode {
    write = useStdout().write;
    const {columns} = screen.stream;
    // Until the rows are laid out anew, a window that has become narrower has room for fewer.
    const lines = rows.map((row, place) =>
      createElement(Text, {key: place, wrap: 'truncate-end'}, painted(row, screen.hasColours) || ' '),
    );
    return createElement(Box, {flexDirection: 'column', width: Math.max(1, columns)}, ...lines);
  }

  const options = {
    stdout: sparing(screen.stream),
    patchConsole: false,
    exitOnCtrlC: false,
    maxFps: MOST_FPS,
  };
  const instance: Instance = render(createElement(Live), options);
  return {
    draw(next) {
      rows = next;
      instance.rerender(createElement(Live));
    },
    above: text => write(text),
    close() {
      instance.clear();
      instance.unmount();
      instance.cleanup();
    },
  };
}

/** Ink wipes what has scrolled out of the window when it finds too little room, as for a moment when that becomes smaller. */
const WIPE = '\u001b[3J';

/** The same, by which nothing is wiped but the screen. */
function sparing(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (text: string | Uint8Array, ...rest: never[]): boolean =>
    stream.write(typeof text === 'string' ? text.replaceAll(WIPE, '') : text, ...rest);
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
