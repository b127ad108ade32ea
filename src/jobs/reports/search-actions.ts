/** The commands `search` and `failed`: parsed here, looked up by the report worker. */
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Message } from '../../formatters/message.ts';
import { formatNoSearch } from '../../formatters/reports/search-results.ts';
import { matchClock } from '../../language/clocks.ts';
import { matchDuration } from '../../language/durations.ts';
import { type Place, requestIdOf } from '../requests.ts';
import { MAX_WORDS_LENGTH, readPageState } from '../search/page.ts';
import { parseSearchWords } from '../search/words.ts';
import { type ReportActionsOptions, requestReport, timeZoneOf } from './report-requests.ts';

const OLD_BUTTON = 'This button is from an earlier version of ktrdr-bot. Search again.';

/** Each resolves to null when the channel shows the answer. */
export function createSearchActions(options: ReportActionsOptions) {
  const { clock, clean } = options;

  async function search(id: string, typed: string, place: Place): Promise<Message | null> {
    const at = clock();
    // Cleaned before the words are stored in the queue or shown in the channel.
    const words = clean(typed);
    if (words.length > MAX_WORDS_LENGTH)
      return buildMessage([`The search is too long. Use at most ${MAX_WORDS_LENGTH} characters.`]);
    const timeZone = await timeZoneOf(place, options);
    const read = parseSearchWords(words, at, timeZone);
    if (read.kind === 'wrong') return formatNoSearch(read.problem, null);
    const page = { words, at, page: 0, ...(timeZone === 'UTC' ? {} : { timeZone }) };
    return requestReport(options, { kind: 'search', requestId: requestIdOf(id, place), place, page });
  }

  return {
    search,

    /** A leading duration, date, or time of day is the start of the window here; in a search, a duration such as `1h` is a timeframe. */
    failed(id: string, words: string, place: Place): Promise<Message | null> {
      const [first = ''] = words.trim().split(/\s+/, 1);
      const isTime =
        matchDuration([first], 0) !== null || matchClock([first], 0) !== null || /^\d{4}-\d{2}-\d{2}/.test(first);
      return search(id, `failed ${isTime ? 'since ' : ''}${words}`.trim(), place);
    },

    /** `value` is the value of the button “Next” or “Previous”. */
    async turnPage(id: string, value: string, place: Place): Promise<Message | null> {
      const page = readPageState(clean(value));
      if (page === null || parseSearchWords(page.words, clock(), page.timeZone).kind === 'wrong')
        return buildMessage([OLD_BUTTON]);
      return requestReport(options, { kind: 'search', requestId: requestIdOf(id, place), place, page });
    },
  };
}
