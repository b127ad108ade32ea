/** What ktrdr's command line can show about operations and data, and do to them. */
import type { Facts } from '../facts/index.ts';
import { resumeChanceOf } from '../facts/resume.ts';
import type { Fix } from '../finding.ts';
import { operationNoun, workerName } from '../words.ts';
import { advice, changes, type FixMaker, inspects, looks } from './make.ts';
import { type ShellWord, sh } from './shell.ts';

export function operationFixes(make: FixMaker, facts: Facts) {
  const { ktrdrFix } = make;
  /** Null without an ID, because there is nothing to look up. */
  const byId = (id: string | null, otherwise: Fix, fixFor: (ktrdr: readonly ShellWord[], id: ShellWord) => Fix) =>
    id === null ? null : ktrdrFix([id], otherwise, fixFor);
  return {
    showStatus: (id: string | null) =>
      byId(id, looks('Look it up with `ktrdr ops`.'), (ktrdr, known) =>
        inspects(
          'Show its status and message',
          'Shows the status, progress, and error message.',
          sh`${ktrdr} --json status ${known}`,
        ),
      ),
    follow: (id: string | null) =>
      byId(id, looks('Follow it with `ktrdr follow` and its ID.'), (ktrdr, known) =>
        inspects('Follow it', 'Shows every step until the end.', sh`${ktrdr} follow ${known}`),
      ),
    /** After `showCheckpoint`, which decides whether it may be done. */
    resume: (id: string | null): Fix | null => (id === null ? null : resumeFix(id, make, facts)),
    cancel: (id: string | null) =>
      byId(id, advice('Cancel it with `ktrdr cancel` and its ID.'), (ktrdr, known) =>
        changes('Cancel it', sh`${ktrdr} cancel ${known}`),
      ),
    showCheckpoint: (id: string | null) =>
      byId(id, looks('Check for its checkpoint with `ktrdr checkpoints show` and its ID.'), (ktrdr, known) =>
        inspects(
          'Check for a checkpoint',
          'It belongs to this operation only if the strategy, symbols, and dates match.',
          sh`${ktrdr} checkpoints show ${known}`,
        ),
      ),
    recentFailures: () =>
      ktrdrFix([], looks('List failed operations with `ktrdr ops`.'), (ktrdr) =>
        inspects('List failed operations', 'Each row starts with an operation ID.', sh`${ktrdr} ops --status failed`),
      ),
    activeOperations: () =>
      ktrdrFix([], looks('List running operations with `ktrdr ops`.'), (ktrdr) =>
        inspects('List running operations', 'Each operation listed occupies a worker.', sh`${ktrdr} ops --active`),
      ),
    dataRange: (symbol: string, timeframe: string) =>
      ktrdrFix(
        [symbol, timeframe],
        looks('Show the cached range with `ktrdr data range`, the symbol, and the timeframe.'),
        (ktrdr, known, size) =>
          inspects(
            'Show the cached range',
            'No range means it was never downloaded.',
            sh`${ktrdr} data range ${known} -t ${size}`,
          ),
      ),
    loadData: (symbol: string, timeframe: string) =>
      ktrdrFix(
        [symbol, timeframe],
        advice('Download it with `ktrdr data load`, the symbol, and the timeframe (the IB host service must run).'),
        (ktrdr, known, size) =>
          changes(
            'Download it (the IB host service must be running)',
            sh`${ktrdr} data load ${known} --timeframe ${size} --mode full`,
          ),
      ),
  };
}

/** A command only if ktrdr can do it; otherwise, what must be true first. */
function resumeFix(id: string, { ktrdrFix }: FixMaker, facts: Facts): Fix | null {
  const noun = operationNoun(facts.type);
  const worker = facts.type === null ? 'worker' : `${workerName(facts.type)} worker`;
  const foreign =
    facts.type === 'training' && facts.status.value === 'failed'
      ? 'after a failure before the first epoch, it can belong to another training run. Also, '
      : '';
  const withCommand = (sentence: (command: string) => string) =>
    ktrdrFix([id], advice(sentence('`ktrdr resume` and its ID')), (ktrdr, known) =>
      advice(sentence(`\`${sh`${ktrdr} resume ${known}`}\``)),
    );
  switch (resumeChanceOf(facts)) {
    case 'sure':
      return ktrdrFix([id], advice('Then resume it with `ktrdr resume` and its ID.'), (ktrdr, known) =>
        changes(
          'Resume it if the checkpoint belongs to it: a rejected resume erases the error message',
          sh`${ktrdr} resume ${known}`,
        ),
      );
    case 'unclear':
      return withCommand(
        (command) =>
          `Resume it with ${command} only if a ${worker} is free and the checkpoint has the same strategy, symbols, and dates: ${foreign}a rejected resume erases the error message.`,
      );
    case 'no-free-worker':
      return withCommand(
        (command) =>
          `Resume it with ${command} when a ${worker} is free, and only if the checkpoint belongs to it: a rejected resume erases the error message.`,
      );
    case 'not-ended':
      return advice(
        `A resume is rejected while ktrdr shows this ${noun} as running. Once it has failed or is cancelled, run \`ktrdr checkpoints show\` to see whether there is a checkpoint.`,
      );
    case 'completed':
      return null;
    case 'impossible':
      return advice(`Start the ${noun} again: it can’t be resumed.`);
  }
}
