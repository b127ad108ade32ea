/** What people ask for by `search`, `failed` and `digest`: understood at once, and looked up by a worker. */

import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Message } from '../../formatters/message.ts';
import {
  formatDigestEnded,
  formatDigestSet,
  formatDigestUsage,
  formatSchedules,
} from '../../formatters/reports/digest-schedule.ts';
import { formatNoSearch } from '../../formatters/reports/search-results.ts';
import { matchDuration } from '../../language/durations.ts';
import { digestOfChannel, dropDigest, nextOf, type PlannedDigest, saveDigest } from '../digest/schedules.ts';
import { type DigestPlan, readDigestWords, wordsOfPlan } from '../digest/words.ts';
import type { Clock } from '../ports.ts';
import { type QueueBackend, REPORTS } from '../queue/queues.ts';
import { type Place, requestIdOf } from '../requests.ts';
import { LONGEST_WORDS, readPageState } from '../search/page.ts';
import { parseSearchWords } from '../search/words.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import type { ReportJob } from './report-worker.ts';

export interface ReportsOptions {
  readonly backend: Pick<QueueBackend, 'front'>;
  readonly clock: Clock;
  readonly configured: readonly PlannedDigest[];
  readonly workspace: Pick<SlackWorkspace, 'mayRead'>;
}

const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'fixed', delay: 2000 },
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 86_400, count: 1000 },
};
const NOT_YOURS = buildMessage([
  'I do not see that channel, or you are not in it. Invite me there with /invite, or ask somebody who is.',
]);
const OLD_BUTTON = 'This button is from an earlier version of ktrdr-bot. Search again.';

/** Each answers null when the channel shows the answer, and rejects when the queue is away. */
export function createReports({ backend, clock, configured, workspace }: ReportsOptions) {
  const { store } = backend.front;

  async function add(report: ReportJob & { readonly requestId: string }): Promise<null> {
    await backend.front
      .queue(REPORTS)
      .add(report.kind, report, { ...JOB_OPTIONS, deduplication: { id: report.requestId } });
    return null;
  }

  async function search(id: string, words: string, place: Place): Promise<Message | null> {
    const at = clock();
    if (words.length > LONGEST_WORDS)
      return buildMessage([`That is too long to be a search: at most ${LONGEST_WORDS} characters.`]);
    const timeZone = await timeZoneOf(place);
    const read = parseSearchWords(words, at, timeZone);
    if (read.kind === 'wrong') return formatNoSearch(read.problem, null);
    const page = { words, at, page: 0, ...(timeZone === 'UTC' ? {} : { timeZone }) };
    return add({ kind: 'search', requestId: requestIdOf(id, place), place, page });
  }

  /** Slack names no time zone for a channel; the one of its digest is the one that its people chose. */
  async function timeZoneOf(place: Place): Promise<string> {
    const own = await digestOfChannel(store, place);
    return own?.tz ?? configured.find((one) => isIn(one, place))?.tz ?? 'UTC';
  }

  async function setDigest(place: Place, plan: DigestPlan, elsewhere: string | null = null): Promise<Message> {
    await saveDigest(store, place, plan);
    return formatDigestSet({ ...plan, next: nextOf(plan) }, elsewhere);
  }

  async function showDigests(place: Place): Promise<Message> {
    const own = await digestOfChannel(store, place);
    const byOperator = configured.filter((one) => isIn(one, place));
    return formatSchedules(
      [
        ...(own === null ? [] : [{ ...own, isConfigured: false }]),
        ...byOperator.map((one) => ({ ...one, isConfigured: true })),
      ].map((one) => ({ ...one, next: nextOf(one) })),
    );
  }

  async function end(place: Place, elsewhere: string | null = null): Promise<Message> {
    const wasOn = await dropDigest(store, place);
    return formatDigestEnded(
      wasOn,
      configured.some((one) => isIn(one, place)),
      elsewhere,
    );
  }

  return {
    search,

    /** `failed 24h` means since when; elsewhere such a word is a timeframe. */
    failed(id: string, words: string, place: Place): Promise<Message | null> {
      const [first = ''] = words.trim().split(/\s+/, 1);
      const isTime = matchDuration([first], 0) !== null || /^\d{4}-\d{2}-\d{2}/.test(first);
      return search(id, `failed ${isTime ? 'since ' : ''}${words}`.trim(), place);
    },

    /** `value` is what “Next” or “Previous” carries. */
    async turnPage(id: string, value: string, place: Place): Promise<Message | null> {
      const page = readPageState(value);
      if (page === null || parseSearchWords(page.words, clock(), page.timeZone).kind === 'wrong')
        return buildMessage([OLD_BUTTON]);
      return add({ kind: 'search', requestId: requestIdOf(id, place), place, page });
    },

    async digest(id: string, words: string, place: Place): Promise<Message | null> {
      const request = readDigestWords(words, Date.now(), await timeZoneOf(place));
      switch (request.kind) {
        case 'now': {
          const { sinceMs, type } = request;
          return add({ kind: 'digest', requestId: requestIdOf(id, place), place, at: clock(), sinceMs, type });
        }
        case 'set':
          return setDigest(place, request.plan);
        case 'show':
          return showDigests(place);
        case 'off': {
          return end(place);
        }
        case 'unclear':
          return formatDigestUsage(request.problem);
      }
    },

    /** As it could be typed, to be changed; empty when the channel has none. */
    async digestWords(teamId: string, channel: string): Promise<string> {
      const plan = await digestOfChannel(store, { teamId, channel });
      return plan === null ? '' : wordsOfPlan(plan);
    },

    /** From elsewhere: `place` is the channel that gets it, and the person must be able to read there. */
    async setDigest(words: string, place: Place): Promise<{ readonly isDone: boolean; readonly message: Message }> {
      const request = readDigestWords(`set ${words}`, Date.now());
      if (request.kind !== 'set')
        return { isDone: false, message: formatDigestUsage(request.kind === 'unclear' ? request.problem : '') };
      if (!(await mayRead(place))) return { isDone: false, message: NOT_YOURS };
      return { isDone: true, message: await setDigest(place, request.plan, place.channel) };
    },

    /** From elsewhere, too. */
    async endDigest(place: Place): Promise<Message> {
      return (await mayRead(place)) ? end(place, place.channel) : NOT_YOURS;
    },
  };

  function mayRead({ teamId, channel, userId }: Place): Promise<boolean> {
    return workspace.mayRead(teamId, channel, userId);
  }
}

function isIn(digest: PlannedDigest, { teamId, channel }: Place): boolean {
  return digest.channel === channel && (digest.teamId === '' || digest.teamId === teamId);
}
