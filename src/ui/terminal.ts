// Whether somebody looks on who can be drawn for. Knows the rules, and no stream.

export interface Terminal {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
}

/** A window with less is too small to draw in; one that has no size at all is none. */
export function canDraw(
  {isTTY, columns = 0, rows = 0}: Terminal,
  env: NodeJS.ProcessEnv,
  least: {readonly columns: number; readonly rows: number},
): boolean {
  return isTTY && !isCI(env) && env.TERM !== 'dumb' && columns >= least.columns && rows >= least.rows;
}

/** What is run by a machine, as Ink sees it too: it would draw nothing there. */
export function isCI(env: NodeJS.ProcessEnv): boolean {
  if (env.CI === '0' || env.CI === 'false') return false;
  return Object.keys(env).some(
    name => name === 'CI' || name === 'CONTINUOUS_INTEGRATION' || name.startsWith('CI_'),
  );
}
