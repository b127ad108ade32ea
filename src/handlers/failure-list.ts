/** Questions about what failed: “which backtests failed since 22:30?”. They ask for a list, not for one diagnosis. */
import { matchDay, matchMoment, type Present } from '../language/moments.ts';
import { bare } from '../language/typography.ts';
import { withoutGreeting } from './small-talk.ts';
import type { Question } from './typed-text.ts';

const TYPE = String.raw`(?:trainings?|backtests?|backtesting|downloads?|agents?|research)`;
const ASKED = new RegExp(
  String.raw`\b(?:what|which|anything|everything|how many)(?:['’]s)?((?: (?:${TYPE}|operations?|runs?|else|other|of|the|all))*)(?: (?:that|has|have|is|are|was|were|did|keeps?))* (?:failed|fails?|failing|crashed|crashes|died|broke)\b`,
  'i',
);
const SMALL = /^(?:my|our|so|far|please|pls|here|there|recently|lately|again|and|why|me|us|has|have|did|does|do)$/i;
/** “What failed while I was away?” */
const CLAUSE = /^(?:while|when|because)$/i;

/**
 * The words of the search for what the text asks about, such as `backtests since 22:30`; null when it asks for no list. `question`
 * is what `readPlainWords` reads in it.
 */
export function failuresAskedIn(text: string, question: Question | null, nowMs: number): string | null {
  const [subject] = question?.subjects ?? [];
  if (question?.symptom !== 'failed' || subject?.kind !== 'last') return null;
  const asked = ASKED.exec(text);
  if (asked === null) return null;
  const [phrase, named = ''] = asked;
  const before = withoutGreeting(text.slice(0, asked.index).split(' ').map(bare).filter(Boolean));
  const rest = text
    .slice(asked.index + phrase.length)
    .split(' ')
    .map(bare);
  const clause = rest.findIndex((word) => CLAUSE.test(word));
  const after = clause < 0 ? rest : rest.slice(0, clause);
  const words = [...before, ...named.split(' '), ...after].filter((word) => word !== '' && !SMALL.test(word));
  // “what failed in my training?” asks about one.
  const isAboutMany = subject.type === null || new RegExp(TYPE, 'i').test(named) || hasTime(words, nowMs);
  return isAboutMany ? words.filter((word) => !/^(?:else|other)$/i.test(word)).join(' ') : null;
}

function hasTime(words: readonly string[], nowMs: number): boolean {
  const present: Present = { nowMs, timeZone: 'UTC' };
  return words.some((_, at) => matchDay(words, at, present) !== null || matchMoment(words, at, present) !== null);
}
