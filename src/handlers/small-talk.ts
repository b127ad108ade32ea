/** Recognizes messages that don't request anything, such as thanks and greetings. */
import { bare } from '../language/typography.ts';

const THANKS = new Set(
  'thanks thank thx thnx tnx ty tysm tyvm cheers ta kudos merci danke gracias 👍 🙏 🙌 ❤ +1 thumbsup pray raised_hands heart'.split(
    ' ',
  ),
);
/** These words count only when the message contains nothing else. */
const PRAISE = new Set('ok okay kk good great perfect nice cool awesome super 👌 ok_hand tada 🎉'.split(' '));
const BESIDE_PRAISE = new Set('job work one very really'.split(' '));
const GREETINGS = new Set('hi hello hey hiya heya yo hallo moin hola morning afternoon evening'.split(' '));
const MOST_WORDS = 12;
const SKIN_TONE = /\p{Emoji_Modifier}/gu;

export type SmallTalk = 'thanks' | 'greeting';

/** Null for anything longer, which is probably a request. */
export function smallTalkIn(text: string): SmallTalk | null {
  const words = text
    .toLowerCase()
    .replace(SKIN_TONE, '')
    .split(/[\s!]+/)
    .flatMap(spelled);
  if (words.length === 0 || words.length > MOST_WORDS) return null;
  const rest = words.filter((word) => !PRAISE.has(word));
  const isPraise = rest.length < words.length && rest.every((word) => BESIDE_PRAISE.has(word));
  if (isPraise || words.some((word) => THANKS.has(word))) return 'thanks';
  const [first = '', second = ''] = words;
  return GREETINGS.has(first) || (first === 'good' && GREETINGS.has(second)) ? 'greeting' : null;
}

/** “good morning, what failed?” without its greeting. */
export function withoutGreeting(words: readonly string[]): readonly string[] {
  const from = words[0]?.toLowerCase() === 'good' ? 1 : 0;
  return GREETINGS.has(words[from]?.toLowerCase() ?? '') ? words.slice(from + 1) : words;
}

/** Slack sends an emoji by its name, with its skin tone: `:+1::skin-tone-2:`. */
function spelled(word: string): readonly string[] {
  const names = /^(?::[a-z0-9_+-]+:)+$/.test(word)
    ? word.split(':').filter((name) => !name.startsWith('skin-tone'))
    : [word];
  return names.map(bare).filter(Boolean);
}
