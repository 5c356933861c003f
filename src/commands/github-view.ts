// A view of a run in GitHub Actions: beside the log, annotations at the lines that failed, and a summary of the job.

import {appendFileSync} from 'node:fs';
import path from 'node:path';
import type {Event} from '../graph/events.js';
import {Failures} from '../ui/equal-failures.js';
import {annotation} from '../ui/github.js';
import {jobSummaryOf} from './run-end.js';
import type {RunView, Viewed} from './run-view.js';

/** GitHub shows no more of one step. */
const MOST_ANNOTATIONS = 10;

export function withGithub(view: RunView, {invocation, run}: Viewed): RunView {
  const {note} = invocation;
  const failures = new Failures();
  const begun = performance.now();
  const root = process.env.GITHUB_WORKSPACE ?? process.cwd();
  const {reporter} = view;
  return {
    reporter: {
      ...reporter,
      on(event: Event) {
        reporter.on(event);
        if (event.type === 'failed' && failures.isNew(event) && failures.groups.length <= MOST_ANNOTATIONS)
          note(annotation(event, root));
      },
    },
    async report(summary) {
      await view.report(summary);
      const file = process.env.GITHUB_STEP_SUMMARY;
      const jugfile = path.relative(root, run()?.jugfile ?? '');
      try {
        if (file) appendFileSync(file, jobSummaryOf(jugfile, summary, performance.now() - begun));
      } catch (error) {
        note(
          `warning: Expected to write a summary to GITHUB_STEP_SUMMARY, found ${(error as Error).message}.`,
        );
      }
    },
  };
}
