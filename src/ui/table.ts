// The table of every command: a row a function, numbers first, the name last, and the total. Pure.

const WIDTH = 12;

export interface Row {
  readonly name: string;
  readonly numbers: readonly number[];
}

export interface TextRow {
  readonly name: string;
  readonly cells: readonly string[];
}

export function formatTable(columns: readonly string[], rows: readonly Row[]): string {
  const total = columns.map((_, column) => rows.reduce((sum, row) => sum + row.numbers[column]!, 0));
  return formatTexts(
    columns,
    rows.map(({name, numbers}) => ({name, cells: numbers.map(String)})),
    total.map(String),
  );
}

/** Of cells that are not all numbers, whose total somebody else knows. */
export function formatTexts(
  columns: readonly string[],
  rows: readonly TextRow[],
  total: readonly string[],
  {least = WIDTH, title = 'Task name'}: {readonly least?: number; readonly title?: string} = {},
): string {
  const widths = columns.map((name, column) => {
    const longest = Math.max(total[column]!.length, ...rows.map(({cells}) => cells[column]!.length));
    return Math.max(least, name.length + 2, longest + 2);
  });
  const line = (cells: readonly string[], name: string): string =>
    `${cells.map((cell, column) => cell.padStart(widths[column]!)).join('')}  ${name}`;
  const lines = [
    line(columns, title),
    ...rows.map(({name, cells}) => line(cells, name)),
    line(total, 'Total'),
  ];
  const length = Math.max(...lines.map(({length}) => length));
  const [head, last] = [lines.shift()!, lines.pop()!];
  return [head, '-'.repeat(length), ...lines, '.'.repeat(length), last].join('\n');
}
