/** What people ask for by `search`, `failed` and `digest`: understood at once, and looked up by a worker. */
import { createHash } from 'node:crypto';
import {
  formatDigestEnded,
  formatDigestSet,
  formatDigestUsage,
  formatSchedules,
} from '../formatters/digest-schedule.ts';
import type { Message } from '../formatters/message.ts';
import { saying } from '../formatters/saying.ts';
import { formatNoSearch } from '../formatters/search-results.ts';
import { type ConfiguredDigest, digestOfChannel, dropDigest, saveDigest } from './digest-schedules.ts';
import { type DigestPlan, nextTime, readDigestWords } from './digest-words.ts';
import type { Clock } from './ports.ts';
import { type QueueBackend, REPORTS } from './queues.ts';
import type { ReportJob } from './report-worker.ts';
import type { Place } from './requests.ts';
import { lengthMs } from './search-options.ts';
import { LONGEST_WORDS, readPageState } from './search-page.ts';
import { parseSearchWords } from './search-words.ts';

export interface ReportsOptions {
  readonly backend: Pick<QueueBackend, 'front'>;
  readonly clock: Clock;
  readonly configured: readonly ConfiguredDigest[];
}

export type Reports = ReturnType<typeof createReports>;

const JOB_OPTIONS = {
  attempts: 3,
  backoff: { type: 'fixed', delay: 2000 },
  removeOnComplete: { age: 3600, count: 1000 },
  removeOnFail: { age: 7 * 86_400, count: 1000 },
};
const OLD_BUTTON = 'This button is from an earlier version of ktrdr-bot. Search again.';

/** Each answers null when the channel shows the answer, and rejects when the queue is away. */
export function createReports({ backend, clock, configured }: ReportsOptions) {
  const { store } = backend.front;

  async function add(report: ReportJob & { readonly requestId: string }): Promise<null> {
    await backend.front
      .queue(REPORTS)
      .add(report.kind, report, { ...JOB_OPTIONS, jobId: `report-${report.requestId}` });
    return null;
  }

  async function search(id: string, words: string, place: Place): Promise<Message | null> {
    const at = clock();
    if (words.length > LONGEST_WORDS)
      return saying([`That is too long to be a search: at most ${LONGEST_WORDS} characters.`]);
    const read = parseSearchWords(words, at);
    if (read.kind === 'wrong') return formatNoSearch(read.problem, null);
    return add({ kind: 'search', requestId: requestOf(id, place), place, page: { words, at, page: 0 } });
  }

  async function setDigest(place: Place, plan: DigestPlan): Promise<Message> {
    await saveDigest(store, place, plan);
    return formatDigestSet({ ...plan, next: nextOf(plan) });
  }

  async function showDigests(place: Place): Promise<Message> {
    const own = await digestOfChannel(store, place);
    const byOperator = configured.filter(({ channel }) => channel === place.channel);
    return formatSchedules(
      [
        ...(own === null ? [] : [{ ...own, isConfigured: false }]),
        ...byOperator.map((one) => ({ ...one, isConfigured: true })),
      ].map((one) => ({ ...one, next: nextOf(one) })),
    );
  }

  return {
    search,

    /** `failed 24h` means since when; elsewhere such a word is a timeframe. */
    failed(id: string, words: string, place: Place): Promise<Message | null> {
      const [first = ''] = words.trim().split(/\s+/, 1);
      const isTime = lengthMs(first) !== null || /^\d{4}-\d{2}-\d{2}/.test(first);
      return search(id, `failed ${isTime ? 'since ' : ''}${words}`.trim(), place);
    },

    /** `value` is what “Next” or “Previous” carries. */
    async turnPage(id: string, value: string, place: Place): Promise<Message | null> {
      const page = readPageState(value);
      if (page === null || parseSearchWords(page.words, clock()).kind === 'wrong') return saying([OLD_BUTTON]);
      return add({ kind: 'search', requestId: requestOf(id, place), place, page });
    },

    async digest(id: string, words: string, place: Place): Promise<Message | null> {
      const wish = readDigestWords(words, Date.now());
      switch (wish.kind) {
        case 'now': {
          const { sinceMs, type } = wish;
          return add({ kind: 'digest', requestId: requestOf(id, place), place, at: clock(), sinceMs, type });
        }
        case 'set':
          return setDigest(place, wish.plan);
        case 'show':
          return showDigests(place);
        case 'off': {
          const wasOn = await dropDigest(store, place);
          return formatDigestEnded(
            wasOn,
            configured.some(({ channel }) => channel === place.channel),
          );
        }
        case 'unclear':
          return formatDigestUsage(wish.problem);
      }
    },
  };
}

function nextOf(plan: Pick<DigestPlan, 'cron' | 'tz'>): string | null {
  const next = nextTime(plan, Date.now());
  return next === null ? null : new Date(next).toISOString();
}

/** A trigger id is a secret, and queue ids may not hold a colon. */
function requestOf(gestureId: string, { teamId }: Place): string {
  return `${teamId}-${createHash('sha256').update(gestureId).digest('hex').slice(0, 32)}`;
}
