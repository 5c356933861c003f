// The table of every command: a row a function, numbers first, the name last, and the total. Pure.

const WIDTH = 12;

export interface Row {
  readonly name: string;
  readonly numbers: readonly number[];
}

export function formatTable(columns: readonly string[], rows: readonly Row[]): string {
  const total = columns.map((_, column) => rows.reduce((sum, row) => sum + row.numbers[column]!, 0));
  const widths = columns.map((title, column) =>
    Math.max(WIDTH, title.length + 2, String(total[column]).length + 2),
  );
  const line = (cells: readonly string[], name: string): string =>
    `${cells.map((cell, column) => cell.padStart(widths[column]!)).join('')}  ${name}`;
  const lines = [
    line(columns, 'Task name'),
    ...rows.map(({name, numbers}) => line(numbers.map(String), name)),
    line(total.map(String), 'Total'),
  ];
  const length = Math.max(...lines.map(({length}) => length));
  const [head, last] = [lines.shift()!, lines.pop()!];
  return [head, '-'.repeat(length), ...lines, '.'.repeat(length), last].join('\n');
}
