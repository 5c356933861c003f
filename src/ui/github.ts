// What GitHub Actions shows of a run beside its log: an annotation at the line that failed, and a summary of the job. Knows
// their formats, and no stream.

import path from 'node:path';
import {headlineOf} from '../core/failure.js';
import {type FailedTask, siteOf} from './equal-failures.js';

/** A line that makes an annotation. Errors of functions outside of the user's files have no place. */
export function annotation({task, failure}: FailedTask, root: string): string {
  const [, file, line, column] = /^(?:file:\/\/)?(.+):(\d+):(\d+)$/.exec(siteOf(failure) ?? '') ?? [];
  const place =
    file === undefined
      ? []
      : [`file=${property(path.relative(root, file))}`, `line=${line}`, `col=${column}`];
  const properties = [...place, `title=${property(task)}`].join(',');
  return `::error ${properties}::${data(headlineOf(failure.error))}`;
}

export interface JobRow {
  readonly name: string;
  readonly cells: readonly string[];
}

/** A table in Markdown, and what failed. */
export function jobSummary(
  title: string,
  columns: readonly string[],
  rows: readonly JobRow[],
  failures: readonly string[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell => escaped(cell)).join(' | ')} |`;
  const table = [
    line(['Task name', ...columns]),
    `| --- |${' ---: |'.repeat(columns.length)}`,
    ...rows.map(({name, cells}) => line([name, ...cells])),
  ];
  const list = failures.map(text => `- ${escaped(text)}`);
  return [`### ${escaped(title)}`, '', ...table, ...(list.length === 0 ? [] : ['', ...list]), ''].join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
