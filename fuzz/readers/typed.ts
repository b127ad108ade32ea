import fc from 'fast-check';
import { micros } from '../../src/diagnosis/trace.ts';
import { subjectOf } from '../../src/diagnosis/vocabulary/subject.ts';
import { mistypedId, subjectsIn } from '../../src/diagnosis/vocabulary/typed-ids.ts';
import { SUB_COMMANDS } from '../../src/formatters/reports/help.ts';
import { readPrivacy } from '../../src/handlers/ktrdr-command.ts';
import { readMute } from '../../src/handlers/mute-words.ts';
import { messageOf, notice, plainTextOf } from '../../src/handlers/notice.ts';
import { smallTalkIn } from '../../src/handlers/small-talk.ts';
import { takeOptions, unknownOptions } from '../../src/handlers/typed-options.ts';
import {
  pastedSubjects,
  readCommand,
  readDiagnose,
  readPlainWords,
  subjectsNamed,
} from '../../src/handlers/typed-text.ts';
import { readDigestWords } from '../../src/jobs/digest/words.ts';
import { parseSearchWords } from '../../src/jobs/search/words.ts';
import { closest } from '../../src/language/nearest.ts';
import { HOSTILE } from '../mutate.ts';
import { inMemory, type Reader } from '../reader.ts';
import { PLANTED } from '../secrets.ts';

const ID = 'op_backtesting_20261123_070815_4cc1ef5e';
const WORDS = [
  ...'diagnose search failed digest watch recent explain mute unmute status help last training backtest stuck slow private --private since until 6h 2d at 45 % now set weekdays 9:00 Europe/Berlin * 0 1-5 off channel for and yesterday AAPL 1h symbol= cause=none'.split(
    ' ',
  ),
  ID,
  ID.replaceAll('_', '\\_'),
  ID.replace('2026', '2O26'),
  `${ID.slice(0, 20)}\n${ID.slice(20)}`,
  `<https://jaeger.example.com/trace/${'a1'.repeat(16)}|trace>`,
  '\u00a0',
  '“',
  '\u200b',
  '&amp;',
];

const text = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
      fc.constantFrom(...HOSTILE, ...PLANTED),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 12 },
  )
  .chain((words) => fc.constantFrom(' ', '\n', '', ', ').map((blank) => words.join(blank)));

/** Commands, questions in sentences, pasted ids, and the words of searches, digests and mutes. */
export const TYPED: Reader = {
  name: 'typed',
  about: 'what people type and paste',
  open: async () => inMemory(text, (typed) => read(String(typed))),
};

function read(typed: string): readonly string[] {
  const { text: words } = readPrivacy(typed);
  const { all, rest, first } = readCommand(words);
  const question = readDiagnose(rest);
  const search = parseSearchWords(rest, micros(1.77e15));
  const digest = readDigestWords(rest, 1.77e12);
  const mute = readMute(rest);
  mistypedId(first);
  smallTalkIn(typed);
  closest(
    first,
    SUB_COMMANDS.map(({ name }) => name),
  );
  for (const readIt of [subjectsIn, subjectsNamed, subjectOf, readPlainWords]) readIt(all);
  pastedSubjects(typed, 'jaeger.example.com');
  const problems = [
    ...(question.kind === 'unclear' ? [plainTextOf(question.notice)] : []),
    ...(search.kind === 'wrong' ? [search.problem] : []),
    ...(digest.kind === 'unclear' ? [digest.problem] : []),
    ...('word' in mute ? [mute.word] : []),
  ];
  return [
    ...(question.kind === 'unclear' ? [JSON.stringify(messageOf(question.notice))] : []),
    ...problems.map((problem) => JSON.stringify(messageOf(notice`${problem}`))),
    JSON.stringify(messageOf(notice`${first} isn’t a command.`)),
    JSON.stringify(messageOf(unknownOptions(takeOptions(typed).options, 'diagnose'))),
  ];
}
