/** What people ask for beside a diagnosis, done on the handlers' own connection: quick, and an error when the queue is away. */
import { createHash } from 'node:crypto';
import type { SourceReport, Subject } from '../diagnosis/case.ts';
import { causeNames, formatCatalogue, formatCause } from '../formatters/explain.ts';
import { formatHome } from '../formatters/home.ts';
import { type FeedbackVerdict, VERDICTS } from '../formatters/interactions.ts';
import type { Message } from '../formatters/message.ts';
import { code } from '../formatters/passage.ts';
import { saying } from '../formatters/saying.ts';
import { formatMuted, formatUnmuted } from '../formatters/silence.ts';
import { formatStatus } from '../formatters/status.ts';
import { type AnswerRecord, nameOfDiagnosed, readRecord } from './answer-record.ts';
import { deliver } from './deliver-wanted.ts';
import type { Errand } from './errand-worker.ts';
import { claim, snooze, unclaim, unsnooze } from './failure-state.ts';
import { countFeedback, judge } from './feedback.ts';
import { linkTo, type MemoryList, recall } from './memory.ts';
import { isMuted, type MuteTarget, mute, unmute } from './mute.ts';
import { currentAnswer } from './personal-answer.ts';
import type { Clock } from './ports.ts';
import { ERRANDS, type QueueBackend, type QueueClient } from './queues.ts';
import type { Place } from './requests.ts';
import { beginWatch, stopWatch, watchesOf } from './watch.ts';
import type { SlackWorkspace } from './workspace-port.ts';

export interface ConversationOptions {
  readonly backend: Pick<QueueBackend, 'front' | 'health' | 'kind'>;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
  /** `['*']` means all. */
  readonly autoReplyChannels: readonly string[];
  readonly version: string;
  readonly node: string;
  /** What the sources answer now. */
  probe(signal: AbortSignal): Promise<readonly SourceReport[]>;
}

export type Conversation = ReturnType<typeof createConversation>;

/** A person waits three seconds for an answer. */
const PROBE_MS = 1500;
const OLD_BUTTON = 'This answer is more than a week old, or from an earlier version. Use “Run again”.';
const DETAIL = { flow: 'whole execution flow', stack: 'stack of the exception' } as const;

export function createConversation(options: ConversationOptions) {
  const { backend, workspace, clock } = options;
  const client: QueueClient = backend.front;
  const { store } = client;
  const nowMs = () => Math.round(clock() / 1000);
  const tools = { store, workspace, grafanaUrl: options.grafanaUrl };

  /** Shows the answer below whose button somebody clicked as it should stand now. */
  async function showAgain(id: string, place: Place, answerId: string, record: AnswerRecord): Promise<void> {
    if (place.messageTs === null) return;
    const answer = await currentAnswer(record, answerId, place.channel, tools);
    await deliver(client, { requestId: requestOf(id), place }, 'answer', answer);
  }

  async function recent(teamId: string, list: MemoryList, readIn: string) {
    const seen = (await recall(store, teamId, list, nowMs())).toReversed().slice(0, 5);
    return Promise.all(
      seen.map(async (one) => ({
        name: one.name,
        headline: one.headline,
        at: new Date(one.at).toISOString(),
        url: await linkTo(tools, teamId, one, readIn),
      })),
    );
  }

  return {
    /** Posted once per gesture. */
    async say(id: string, place: Place, message: Message): Promise<void> {
      await deliver(client, { requestId: requestOf(id), place }, 'answer', { summary: message, thread: [] });
    },

    /** Null for an unknown cause; without one, all causes. */
    explain: (cause: string): Message | null => (cause === '' ? formatCatalogue() : formatCause(cause)),
    causeNames,

    async status(): Promise<Message> {
      const [health, sources, feedback] = await Promise.all([
        backend.health(),
        options.probe(AbortSignal.timeout(PROBE_MS)),
        countFeedback(store),
      ]);
      const { version, node } = options;
      const open = Object.entries(health.queues).map(([name, counts]) => [name, openJobs(counts)] as const);
      const queue = { kind: backend.kind, problems: health.problems, open: Object.fromEntries(open) };
      return formatStatus({ version, node, queue, sources, feedback });
    },

    async mute(target: MuteTarget, forMs: number): Promise<Message> {
      const until = await mute(store, target, nowMs(), forMs);
      const { teamId, channel, threadTs } = target;
      const undo = JSON.stringify({ teamId, channel, threadTs });
      return formatMuted(threadTs !== null, new Date(until).toISOString(), undo);
    },

    async unmute(target: MuteTarget): Promise<Message> {
      return formatUnmuted(target.threadTs !== null, await unmute(store, target));
    },

    /** Null when the watch's own message says enough. */
    async watch(id: string, operationId: string, place: Place): Promise<Message | null> {
      const begun = await beginWatch(client, id, operationId, place, nowMs());
      return begun === null ? saying(['You already watch ', code(operationId), ' here.']) : null;
    },

    async stopWatching(watchId: string, person: { teamId: string; userId: string }): Promise<Message | null> {
      const stopped = await stopWatch(client, watchId, person);
      if (stopped === 'stopped') return null;
      return stopped === 'over'
        ? saying(['That watch is over already.'])
        : saying(['Only the one who began this watch can stop it.']);
    },

    /** The whole flow or the stack, into the thread. */
    async detail(what: 'flow' | 'stack', answerId: string, place: Place): Promise<Message> {
      if ((await readRecord(store, answerId, place.teamId)) === null) return saying([OLD_BUTTON]);
      const inThread = { ...place, threadTs: place.threadTs ?? place.messageTs, messageTs: null };
      const errand: Errand = { kind: 'detail', what, answerId, place: inThread };
      await addErrand(client, errand, `detail-${what}-${answerId}`);
      return saying([`The ${DETAIL[what]} comes in the thread.`]);
    },

    async feedback(answerId: string, verdict: FeedbackVerdict, place: Place): Promise<Message> {
      const record = await readRecord(store, answerId, place.teamId);
      if (record === null) return saying([OLD_BUTTON]);
      const cause = record.diagnosis.primary?.cause ?? record.diagnosis.verdict;
      await judge(store, { answerId, userId: place.userId, cause, verdict });
      return saying(['Noted: ', `${VERDICTS[verdict]}, for `, code(cause), '. Another click changes it.']);
    },

    /** Says whose it is when somebody else was first. */
    async claim(id: string, answerId: string, place: Place, isOn: boolean): Promise<Message | null> {
      const record = await readRecord(store, answerId, place.teamId);
      if (record === null || nameOfDiagnosed(record.diagnosis) === null) return saying([OLD_BUTTON]);
      if (!isOn) await unclaim(store, place, record.diagnosis);
      const owner = isOn ? await claim(store, place, record.diagnosis, place.userId) : null;
      await showAgain(id, place, answerId, record);
      return owner === null || owner === place.userId ? null : saying(['Somebody else has claimed it already.']);
    },

    async snooze(id: string, answerId: string, place: Place, isOn: boolean): Promise<Message | null> {
      const record = await readRecord(store, answerId, place.teamId);
      const cause = record?.diagnosis.primary?.cause;
      if (record === null || cause === undefined) return saying([OLD_BUTTON]);
      if (isOn) await snooze(store, place, cause, nowMs());
      else await unsnooze(store, place, cause);
      await showAgain(id, place, answerId, record);
      return isOn
        ? saying(['Snoozed here for a day: ', code(cause), '. The menu of the answer ends it.'])
        : saying(['No longer snoozed here: ', code(cause), '.']);
    },

    async preview(
      where: {
        readonly teamId: string;
        readonly channel: string;
        readonly ts: string;
        readonly threadTs: string | null;
      },
      links: readonly { readonly url: string; readonly subject: Subject }[],
    ): Promise<void> {
      if (await isMuted(store, where)) return;
      const { teamId, channel, ts } = where;
      await addErrand(client, { kind: 'preview', teamId, channel, ts, links: [...links] }, `preview-${channel}-${ts}`);
    },

    async home(
      teamId: string,
      userId: string,
      readIn: string,
      commands: readonly string[],
    ): Promise<Message['blocks']> {
      const [mine, failures, watches] = await Promise.all([
        recent(teamId, { kind: 'person', userId }, readIn),
        recent(teamId, { kind: 'failures' }, readIn),
        watchesOf(store, teamId, userId),
      ]);
      return formatHome({ recent: mine, failures, watches, settings: settingsOf(options), commands });
    },
  };
}

function settingsOf({ autoReplyChannels, grafanaUrl }: ConversationOptions): readonly string[] {
  const pasted = autoReplyChannels.includes('*')
    ? 'Pasted operation ids are answered in every channel that I am in.'
    : autoReplyChannels.length === 0
      ? 'Pasted operation ids are not answered by themselves; AUTO_REPLY_CHANNELS switches that on.'
      : `Pasted operation ids are answered in ${autoReplyChannels.length === 1 ? 'one channel' : `${autoReplyChannels.length} channels`}.`;
  return [
    pasted,
    'A channel or a thread can be muted for a while: /ktrdr mute.',
    grafanaUrl === null ? 'Answers link to Jaeger.' : 'Answers link to Jaeger and Grafana.',
  ];
}

async function addErrand(client: QueueClient, errand: Errand, jobId: string): Promise<void> {
  const retention = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 86_400, count: 1000 } };
  const options = { attempts: 3, backoff: { type: 'fixed', delay: 2000 }, jobId, ...retention };
  await client.queue(ERRANDS).add(errand.kind, errand, options);
}

/** A trigger id is a secret, and queue ids may not hold a colon. */
function requestOf(gestureId: string): string {
  return createHash('sha256').update(gestureId).digest('hex').slice(0, 32);
}

function openJobs(counts: Readonly<Record<string, number>>): number {
  return ['waiting', 'active', 'delayed', 'prioritized'].reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}
