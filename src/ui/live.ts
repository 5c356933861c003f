// Draws a run with Ink, on a few lines at the bottom of the terminal: what was said stays above them. The only file that
// loads Ink and React, and loaded only where it draws. Reads no key, so that the terminal stays as it was.

import {createRequire} from 'node:module';
import type {Instance} from 'ink';
import type {ReactNode} from 'react';
import {type Canvas, painted, type Row, type Screen} from './paint.js';

type Kit = Pick<typeof import('ink'), 'render' | 'Box' | 'Text' | 'useStdout'> &
  Pick<typeof import('react'), 'createElement'>;

/** As React says no more than it must, and keeps no measurements. */
export async function loadKit(): Promise<Kit> {
  const require = createRequire(import.meta.url);
  // Both are read once. The jugfile, and threads that start meanwhile, are to see the environment as the user has it.
  const {NODE_ENV} = process.env;
  process.env.NODE_ENV = 'production';
  try {
    require('react');
    createRequire(require.resolve('ink'))('react-reconciler');
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
  const [{render, Box, Text, useStdout}, {createElement}] = await Promise.all([
    import('ink'),
    import('react'),
  ]);
  return {render, Box, Text, useStdout, createElement};
}

export function openDrawing({render, Box, Text, useStdout, createElement}: Kit, screen: Screen): Canvas {
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
