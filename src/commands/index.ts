// The commands, loaded when they are called: `jug count` does not pay for what `jug execute` needs.

import type {Command} from './command.js';

export interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  execute: {
    summary: 'run all tasks that are not finished',
    load: async () => (await import('./execute.js')).execute,
  },
  submit: {
    summary: 'start many jug execute as jobs of a cluster',
    load: async () => (await import('./submit.js')).submit,
  },
  status: {
    summary: 'how far each function is',
    load: async () => (await import('./status.js')).status,
  },
  ui: {
    summary: 'a full screen, to look at a run and to act on it',
    load: async () => (await import('./ui.js')).ui,
  },
  check: {
    summary: 'exit with 0 if everything is finished, else with 1',
    load: async () => (await import('./check.js')).check,
  },
  count: {
    summary: 'how many tasks each function has',
    load: async () => (await import('./count.js')).count,
  },
  invalidate: {
    summary: 'remove results of a function, and of all that depends on them',
    load: async () => (await import('./invalidate.js')).invalidate,
  },
  cleanup: {
    summary: 'remove results that no task of the jugfile needs',
    load: async () => (await import('./cleanup.js')).cleanup,
  },
  store: {
    summary: 'what the store is, what is in it, and whether it is whole',
    load: async () => (await import('./store.js')).store,
  },
  copy: {
    summary: 'copy results from one store to another',
    load: async () => (await import('./copy.js')).copy,
  },
  pack: {
    summary: 'make the store smaller or quicker to read',
    load: async () => (await import('./pack.js')).pack,
  },
};
