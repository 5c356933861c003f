// The keys of the full screen: the one table from which the help, the line at the bottom and the docs are made. Knows no
// terminal: keys have names here.

/** What a key does. */
export type Action =
  | 'up'
  | 'down'
  | 'pageUp'
  | 'pageDown'
  | 'first'
  | 'last'
  | 'open'
  | 'back'
  | 'nextTab'
  | 'previousTab'
  | 'tab1'
  | 'tab2'
  | 'tab3'
  | 'tab4'
  | 'tab5'
  | 'tab6'
  | 'filter'
  | 'sort'
  | 'reverse'
  | 'retry'
  | 'retryAll'
  | 'invalidate'
  | 'stop'
  | 'copy'
  | 'copyError'
  | 'earlier'
  | 'later'
  | 'closer'
  | 'further'
  | 'now'
  | 'help'
  | 'leave'
  | 'suspend'
  | 'interrupt'
  | 'redraw';

export interface KeyLine {
  /** As they are shown. */
  readonly keys: readonly string[];
  readonly actions: readonly Action[];
  readonly does: string;
  /** In the line at the bottom, of the tabs in which it means something: a word or two. */
  readonly brief?: string;
}

export const KEY_LINES: readonly KeyLine[] = [
  {
    keys: ['j', 'k', '↓', '↑'],
    actions: ['down', 'up', 'down', 'up'],
    does: 'the next line, the one before',
    brief: 'move',
  },
  {
    keys: ['PgDn', 'PgUp', 'ctrl-d', 'ctrl-u'],
    actions: ['pageDown', 'pageUp', 'pageDown', 'pageUp'],
    does: 'a page down, a page up',
  },
  {
    keys: ['g', 'G', 'Home', 'End'],
    actions: ['first', 'last', 'first', 'last'],
    does: 'the first line, the last one',
  },
  {
    keys: ['enter'],
    actions: ['open'],
    does: 'details of a task or failure; the tasks of a function',
    brief: 'details',
  },
  {keys: ['esc'], actions: ['back'], does: 'back: closes details, ends a filter'},
  {
    keys: ['1', '2', '3', '4', '5', '6'],
    actions: ['tab1', 'tab2', 'tab3', 'tab4', 'tab5', 'tab6'],
    does: 'Overview, Functions, Tasks, Workers, Failures, Log',
  },
  {keys: ['tab', 'shift-tab'], actions: ['nextTab', 'previousTab'], does: 'the next of them, the one before'},
  {
    keys: ['/'],
    actions: ['filter'],
    does: 'shows only tasks with these words in their call or hash, or in these states',
    brief: 'filter',
  },
  {
    keys: ['s', 'S'],
    actions: ['sort', 'reverse'],
    does: 'sorts by definition, time, size, state or start; the other way round',
    brief: 'sort',
  },
  {
    keys: ['r', 'R'],
    actions: ['retry', 'retryAll'],
    does: 'tries a failed task again; all that failed alike, or with the filter',
    brief: 'retry',
  },
  {
    keys: ['i'],
    actions: ['invalidate'],
    does: 'removes the result of a task, and of all that depends on it; asks first',
    brief: 'invalidate',
  },
  {
    keys: ['x'],
    actions: ['stop'],
    does: 'asks the runs on this machine to start no more tasks; asks first',
    brief: 'stop',
  },
  {
    keys: ['y', 'Y'],
    actions: ['copy', 'copyError'],
    does: 'copies the hash of a task; its error, or its call',
    brief: 'copy',
  },
  {
    keys: ['←', '→', '+', '-', '0'],
    actions: ['earlier', 'later', 'closer', 'further', 'now'],
    does: 'workers: earlier, later, a shorter time, a longer one, now',
  },
  {keys: ['?'], actions: ['help'], does: 'these keys', brief: 'keys'},
  {
    keys: ['q', 't'],
    actions: ['leave', 'leave'],
    does: 'back to where you were: never stops a run',
    brief: 'back',
  },
  {keys: ['ctrl-c'], actions: ['interrupt'], does: 'of a run that was started here: stops it; else leaves'},
  {keys: ['ctrl-z'], actions: ['suspend'], does: 'to the shell, and back with fg'},
  {keys: ['ctrl-l'], actions: ['redraw'], does: 'draws everything anew'},
];

const BY_KEY: ReadonlyMap<string, Action> = new Map(
  KEY_LINES.flatMap(({keys, actions}) => keys.map((key, place) => [key, actions[place]!] as const)),
);

/** `key`: by its name, as the table has it. */
export function actionOf(key: string): Action | undefined {
  return BY_KEY.get(key);
}
