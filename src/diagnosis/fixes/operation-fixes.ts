/** What the command line of ktrdr shows and does of operations and data. */
import type { Facts } from '../facts/index.ts';
import { resumeChanceOf } from '../facts/resume.ts';
import type { Fix } from '../finding.ts';
import { operationNoun, workerName } from '../words.ts';
import { advice, changes, type FixMaker, inspects, looks } from './make.ts';
import { type ShellWord, sh } from './shell.ts';

export function operationFixes(make: FixMaker, facts: Facts) {
  const { ktrdrFix } = make;
  /** Null without an ID: then there is nothing to look up. */
  const byId = (id: string | null, otherwise: Fix, fixFor: (ktrdr: readonly ShellWord[], id: ShellWord) => Fix) =>
    id === null ? null : ktrdrFix([id], otherwise, fixFor);
  return {
    showStatus: (id: string | null) =>
      byId(id, looks('Look it up with `ktrdr ops`.'), (ktrdr, known) =>
        inspects(
          'Show its status and message',
          'It shows the status, the progress, and the error message.',
          sh`${ktrdr} --json status ${known}`,
        ),
      ),
    follow: (id: string | null) =>
      byId(id, looks('Follow it with `ktrdr follow` and its id.'), (ktrdr, known) =>
        inspects('Follow it', 'It shows every step until the end.', sh`${ktrdr} follow ${known}`),
      ),
    /** After `showCheckpoint`, which decides whether it may be done. */
    resume: (id: string | null): Fix | null => (id === null ? null : resumeFix(id, make, facts)),
    cancel: (id: string | null) =>
      byId(id, advice('Cancel it by its id.'), (ktrdr, known) => changes('Cancel it', sh`${ktrdr} cancel ${known}`)),
    showCheckpoint: (id: string | null) =>
      byId(id, looks('Look for its checkpoint with `ktrdr checkpoints show` and its id.'), (ktrdr, known) =>
        inspects(
          'Is there a checkpoint?',
          'Only one with the same strategy, symbols, and dates is its own.',
          sh`${ktrdr} checkpoints show ${known}`,
        ),
      ),
    recentFailures: () =>
      ktrdrFix([], looks('List failed operations with `ktrdr ops`.'), (ktrdr) =>
        inspects('List failed operations', 'Each row begins with an operation ID.', sh`${ktrdr} ops --status failed`),
      ),
    activeOperations: () =>
      ktrdrFix([], looks('List what is running with `ktrdr ops`.'), (ktrdr) =>
        inspects('List what is running', 'Each row is one that holds a worker now.', sh`${ktrdr} ops --active`),
      ),
    dataRange: (symbol: string, timeframe: string) =>
      ktrdrFix(
        [symbol, timeframe],
        looks('Show the range that is cached with `ktrdr data range`, the symbol and the timeframe.'),
        (ktrdr, known, size) =>
          inspects(
            'Show the range that is cached',
            'No range means that it was never downloaded.',
            sh`${ktrdr} data range ${known} -t ${size}`,
          ),
      ),
    loadData: (symbol: string, timeframe: string) =>
      ktrdrFix(
        [symbol, timeframe],
        advice('Download it with `ktrdr data load`, the symbol and the timeframe (the IB host service must run).'),
        (ktrdr, known, size) =>
          changes(
            'Download it (the IB host service must run)',
            sh`${ktrdr} data load ${known} --timeframe ${size} --mode full`,
          ),
      ),
  };
}

/** A command only where ktrdr can do it; what has to be true first everywhere else. */
function resumeFix(id: string, { ktrdrFix }: FixMaker, facts: Facts): Fix | null {
  const noun = operationNoun(facts.type);
  const worker = facts.type === null ? 'worker' : `${workerName(facts.type)} worker`;
  const foreign =
    facts.type === 'training' && facts.status.value === 'failed'
      ? 'after a failure before the first epoch it can be another training’s, and '
      : '';
  const withCommand = (sentence: (command: string) => string) =>
    ktrdrFix([id], advice(sentence('`ktrdr resume` and its id')), (ktrdr, known) =>
      advice(sentence(`\`${sh`${ktrdr} resume ${known}`}\``)),
    );
  switch (resumeChanceOf(facts)) {
    case 'sure':
      return ktrdrFix([id], advice('Then resume it by its id.'), (ktrdr, known) =>
        changes(
          'Resume it, if the checkpoint is its own: a resume that is refused erases the error message',
          sh`${ktrdr} resume ${known}`,
        ),
      );
    case 'unclear':
      return withCommand(
        (command) =>
          `Resume it with ${command} only if a ${worker} is free and the checkpoint is its own, with the same strategy, symbols, and dates: ${foreign}a resume that is refused erases the error message.`,
      );
    case 'no-free-worker':
      return withCommand(
        (command) =>
          `Resume it with ${command} when a ${worker} is free, and only from a checkpoint of its own: a resume that is refused erases the error message.`,
      );
    case 'not-ended':
      return advice(
        `A resume is refused while ktrdr takes this ${noun} for running. Once it has failed or is cancelled, \`ktrdr checkpoints show\` says whether there is anything to resume from.`,
      );
    case 'completed':
      return null;
    case 'impossible':
      return advice(`Start the ${noun} again: it can’t be resumed.`);
  }
}
