// A page of the documentation as a transcript: files to be written and commands to be run, in the order in which the
// reader meets them. A code block that begins with `// file: NAME` is a file; in a `console` block, a line that begins
// with `$ ` is a command, and what follows it is what it prints. A line or a part of one may be `…`: anything.

import {spawn} from 'node:child_process';
import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';

export type Step =
  | {readonly kind: 'file'; readonly name: string; readonly text: string}
  | {
      readonly kind: 'command';
      readonly line: string;
      readonly expected: string;
      /** Where in the page the output stands. */
      readonly from: number;
      readonly to: number;
    };

export function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  const lines = page.split('\n');
  let language: string | undefined;
  let start = 0;
  for (const [number, line] of lines.entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) continue;
    if (language === undefined) {
      language = fence[1]!.trim();
      start = number + 1;
      continue;
    }
    const block = lines.slice(start, number);
    const name = /^(?:\/\/|#) file: (\S+)$/.exec(block[0] ?? '')?.[1];
    if (name !== undefined) steps.push({kind: 'file', name, text: `${block.slice(1).join('\n')}\n`});
    else if (language === 'console') steps.push(...commandsIn(block, start));
    language = undefined;
  }
  return steps;
}

function commandsIn(block: readonly string[], start: number): Step[] {
  const starts = [...block.keys()].filter(i => block[i]!.startsWith('$ '));
  return starts.map((first, i) => {
    const end = starts[i + 1] ?? block.length;
    return {
      kind: 'command',
      line: block[first]!.slice(2),
      expected: block.slice(first + 1, end).join('\n'),
      from: start + first + 1,
      to: start + end,
    };
  });
}

/** A folder in which `jug` is a command and a package, as in a project that has it installed. */
export async function project(folder: string, root: string): Promise<void> {
  await mkdir(path.join(folder, 'node_modules/.bin'), {recursive: true});
  await symlink(root, path.join(folder, 'node_modules/jug'));
  const shim = path.join(folder, 'node_modules/.bin/jug');
  await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" "${root}/lib/src/bin.js" "$@"\n`);
  await chmod(shim, 0o755);
  await writeFile(path.join(folder, 'package.json'), '{"type": "module"}\n');
}

/** What the command prints on stdout and stderr, with the folder under a name that is the same everywhere. */
export function runCommand(line: string, folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const bin = path.join(folder, 'node_modules/.bin');
    const env = {
      ...process.env,
      PATH: `${bin}:${path.dirname(process.execPath)}:${process.env.PATH}`,
      NODE_NO_WARNINGS: '1',
      NO_COLOR: '1',
    };
    const child = spawn('bash', ['-c', `exec 2>&1; ${line}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', chunk => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', () => resolve(output.replaceAll(folder, '/home/ann/demo').trimEnd()));
  });
}

/** Whether a command printed what the page says, apart from lines of progress and the time. */
export function isAsExpected(output: string, expected: string): boolean {
  const pattern = significant(expected)
    .map(line => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*')}\\n`))
    .join('');
  return new RegExp(`^${pattern}$`).test(`${significant(output).join('\n')}\n`);
}

function significant(text: string): string[] {
  return text
    .split('\n')
    .filter(line => !/^\[\d\d:\d\d:\d\d\] +(?:\d+% |jug execute |done )/.test(line))
    .map(line => line.replace(/\[\d\d:\d\d:\d\d\]/, '[00:00:00]').trimEnd());
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
