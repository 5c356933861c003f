// Which programs can run jug: the sentence for one that cannot. Whatever it is, it must be able to read this file: so
// nothing is imported here, and what ES2020 has brought is not used. Knows nothing of jug.

/** Of Node.js. */
const OLDEST = {major: 20, minor: 19};

/** By what `process.versions` calls them. They say that they are Node.js, too. */
const OTHERS: readonly (readonly [name: string, shown: string])[] = [
  ['bun', 'Bun'],
  ['deno', 'Deno'],
];

/** Why this program cannot run jug; `undefined` if it can. */
export function unsuitable(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): string | undefined {
  const [major = 0, minor = 0] = String(versions.node).split('.').map(Number);
  const isOld = major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
  const other = OTHERS.find(([name]) => versions[name] !== undefined);
  if (other === undefined && !isOld) return undefined;
  const [name, shown] = other === undefined ? ['node', 'Node.js'] : other;
  const found = `${shown} ${versions[name]}`;
  return `jug needs Node.js ${OLDEST.major}.${OLDEST.minor} or newer; this is ${found}`;
}
