// The keys of a run that draws itself: the full screen and back, and what the terminal would do by itself if it were not
// read key by key. Reads none where the jugfile reads stdin, or the terminal is somebody else's.

import {isatty} from 'node:tty';
import type {Run} from '../api/run.js';
import {describeThrown} from '../core/failure.js';
import {stdinRecord} from '../evaluation/stdin.js';
import type {Progress} from '../graph/events.js';
import type {LiveView} from '../ui/live-view.js';
import type {RunModel} from '../ui/model.js';
import type {Canvas} from '../ui/paint.js';
import type {KeptOutput} from '../ui/screen/kept-output.js';
import {Keyboard} from '../ui/screen/keyboard.js';
import {inForeground, stopJob} from '../ui/screen/session.js';
import {type Showing, showFullScreen} from '../ui/screen/show.js';
import {ownRun} from './own-run.js';

/** Milliseconds for which the full screen stays when the run has ended. */
const STAY_MS = 3000;

export interface LiveKeysOptions {
  readonly view: () => LiveView;
  readonly run: () => Run | undefined;
  readonly model: RunModel;
  readonly progress: () => Progress;
  readonly printed: KeptOutput;
  readonly output: () => NodeJS.WriteStream;
  /** Draws on the other screen. */
  readonly open: () => Promise<() => Canvas>;
  readonly note: (text: string) => void;
}

export class LiveKeys {
  readonly #options: LiveKeysOptions;
  #keyboard: Keyboard | undefined;
  #showing: Showing | undefined;
  #isOpening = false;

  constructor(options: LiveKeysOptions) {
    this.#options = options;
  }

  /** Whether keys are read. */
  get areRead(): boolean {
    return this.#keyboard !== undefined;
  }

  start(): void {
    // Of a pipeline, another part may read keys.
    if (!isatty(0) || !isatty(1) || stdinRecord.isWanted) return;
    this.#keyboard = Keyboard.open();
    stdinRecord.onWanted = () => this.close();
    this.#listen();
  }

  /** The run has ended: settles when nobody looks at the full screen any more. */
  async end(): Promise<void> {
    const showing = this.#showing;
    showing?.leaveSoon(
      'The run has ended: q leaves, and in 3 s this screen does. Any other key stays.',
      STAY_MS,
    );
    await showing?.left;
    this.close();
  }

  /** The terminal is as it was. */
  close(): void {
    stdinRecord.onWanted = () => {};
    this.#showing?.leave();
    this.#keyboard?.close();
    this.#keyboard = undefined;
  }

  #listen(): void {
    this.#keyboard?.listen({onKey: key => void this.#press(key), onPaste: () => {}});
  }

  async #press(key: string): Promise<void> {
    switch (key) {
      case 't':
        return this.#open();
      case 'ctrl-c':
        return void process.kill(0, 'SIGINT');
      case 'ctrl-\\':
        return void process.kill(0, 'SIGQUIT');
      case 'ctrl-z': {
        const view = this.#options.view();
        view.hide();
        this.#keyboard?.rest();
        await stopJob();
        view.unhide();
        // In the background, it goes on without keys.
        await inForeground();
        this.#listen();
      }
    }
  }

  async #open(): Promise<void> {
    const {run, output, open, note, view} = this.#options;
    const keyboard = this.#keyboard;
    const current = run();
    if (this.#isOpening || this.#showing !== undefined || keyboard === undefined || current === undefined)
      return;
    this.#isOpening = true;
    const watching = new AbortController();
    try {
      const draw = await open();
      // Meanwhile the run may have ended.
      if (this.#keyboard !== keyboard || current.isOver) return;
      const own = ownRun(current, this.#options);
      view().hide();
      keyboard.rest();
      const showing = showFullScreen({
        source: own.source,
        keyboard,
        output: output(),
        open: draw,
        act: own.act,
        onInterrupt() {
          if (current.isOver) return false;
          process.kill(0, 'SIGINT');
          return true;
        },
      });
      this.#showing = showing;
      own.watch(watching.signal).catch(error => showing.tell(describeThrown(error).message));
      await showing.left;
    } catch (error) {
      note(`warning: The full screen failed (${describeThrown(error).message}).`);
    } finally {
      watching.abort();
      this.#showing = undefined;
      this.#isOpening = false;
      view().unhide();
      this.#listen();
    }
  }
}
