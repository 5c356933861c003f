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
    stdout: screen.stream,
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
