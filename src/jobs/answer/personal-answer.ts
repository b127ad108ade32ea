/** The answer that one requester gets: with earlier answers of the same cause, its claims and mutes, and its buttons. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { signed } from '../../formatters/answer/answer.ts';
import { isFailure, withInteractions } from '../../formatters/answer/interactions.ts';
import { cleanDiagnosis } from '../../formatters/clean.ts';
import type { Answer } from '../../formatters/message.ts';
import {
  type Followed,
  type GivenAnswer,
  withEarlierAnswers,
  withFollowed,
} from '../../formatters/reports/earlier-answers.ts';
import { say } from '../deliver/wanted.ts';
import { isAnyMuted, isMuted, type KeptMute } from '../mute/mutes.ts';
import type { Clock, Store } from '../ports.ts';
import { type QueueClient, questionKey } from '../queue/queues.ts';
import { textCell } from '../queue/store-cell.ts';
import { readerAt } from '../readers.ts';
import { type ChannelRef, type DiagnoseRequest, isDirect, requestIdOf } from '../requests.ts';
import { comparableIn, followedAmong, recordIfCompleted } from './afterwards.ts';
import { type EarlierAnswer, earlierAnswers, type LinkTools, linksTo, recordAnswer } from './earlier-answers.ts';
import { causeMute, operationMute, stateOf } from './failure-state.ts';
import { recordChange, recordLast } from './last-answers.ts';
import { type AnswerRecord, nameOfDiagnosed, saveRecord } from './record.ts';

export interface PersonalTools extends LinkTools {
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
  readonly redact: readonly RegExp[];
  readonly version: string;
}

/** Where an answer is shown: its message, when `place.messageTs` is not null. */
export type ShownAnswer = NonNullable<KeptMute['shownIn']>;

const MAX_LINKS = 3;

/** The request that answers a pasted ID in a channel. The same ID isn't answered there again until this expires. */
const PASTED = textCell<{ readonly channel: ChannelRef; readonly question: string }>({
  key: ({ channel, question }) => `pasted:${channel.teamId}-${channel.channel}-${question}`,
  ttlMs: 30 * 60_000,
});

/** False for a pasted ID that is muted, or that another request answers. */
export async function acceptsQuestion(store: Store, request: DiagnoseRequest): Promise<boolean> {
  if (request.isQuiet !== true) return true;
  const { place, subject, symptom, requestId } = request;
  if (await isMuted(store, place)) return false;
  const { teamId, channel } = place;
  const isMutedId =
    subject.kind === 'operation' &&
    (await isAnyMuted(store, [{ teamId, channel, kind: 'operation', of: subject.operationId }]));
  if (isMutedId) return false;
  const answeredBy = await PASTED.getOrSet(
    store,
    { channel: place, question: questionKey(subject, symptom) },
    requestId,
  );
  return answeredBy === requestId;
}

/** Null when an ID was pasted and there is nothing to report, or it is muted. Idempotent. */
export async function personalAnswer(
  answer: Answer,
  found: Diagnosis,
  request: DiagnoseRequest,
  { isPointed = false, ...tools }: PersonalTools & { readonly isPointed?: boolean },
): Promise<Answer | null> {
  const { store, clock } = tools;
  const { place, requestId } = request;
  if (request.isQuiet === true && !(await isWanted(store, found, place))) return null;
  const diagnosis = cleanDiagnosis(found, tools.redact);
  const name = nameOfDiagnosed(diagnosis);
  const current: EarlierAnswer = {
    name: name ?? 'unknown',
    headline: diagnosis.headline,
    at: Math.round(clock() / 1000),
    requestId,
    channel: place.channel,
    ...comparableIn(diagnosis),
    ...(isDirect(place) && { onlyFor: place.userId }),
  };
  const { earlier, followed } =
    name === null ? { earlier: [], followed: null } : await earlierCases(diagnosis, current, request, tools);
  const signature = { userId: place.userId, isPasted: request.isQuiet === true, version: tools.version };
  const own = signed(answer, signature);
  const seen = withEarlierAnswers(own.summary, earlier);
  const personal = { ...own, summary: withFollowed(seen, followed, diagnosis.operationType) };
  const { teamId, channel, userId } = place;
  const origin = { teamId, channel, userId };
  const { symptom } = request;
  const record: AnswerRecord = { origin, answer: personal, diagnosis, symptom, at: current.at };
  await Promise.all([
    saveRecord(store, requestId, record),
    name === null ? null : recordAll(diagnosis, current, request, store),
    isPointed ? null : recordLast(store, request, record),
  ]);
  return withState(record, requestId, place.channel, tools);
}

/** Edits the message of an answer after a click, so that it shows the current claims and mutes. */
export async function updateAnswer(
  { client, grafanaUrl }: { readonly client: QueueClient; readonly grafanaUrl: string | null },
  interactionId: string,
  { answerId, place }: ShownAnswer,
  record: AnswerRecord,
): Promise<void> {
  if (place.messageTs === null) return;
  const answer = await withState(record, answerId, place.channel, { store: client.store, grafanaUrl });
  const requestId = requestIdOf(interactionId, place);
  await recordChange(client.store, requestId, answerId);
  await say(client, { requestId, place }, answer);
}

/** Adds the current claims and mutes, and the buttons. */
export async function withState(
  { answer, diagnosis, origin: { teamId }, symptom }: AnswerRecord,
  answerId: string,
  channel: string,
  { store, grafanaUrl }: Pick<PersonalTools, 'store' | 'grafanaUrl'>,
): Promise<Answer> {
  const state = await stateOf(store, { teamId, channel }, diagnosis);
  return withInteractions(answer, { answerId, diagnosis, state, symptom, grafanaUrl });
}

/** Checks the mutes again, because they may have changed while the diagnosis ran. */
async function isWanted(store: Store, diagnosis: Diagnosis, place: DiagnoseRequest['place']): Promise<boolean> {
  const { verdict } = diagnosis;
  if (verdict === 'not-found' || verdict === 'unavailable') return false;
  if (await isMuted(store, place)) return false;
  const mutes = [causeMute(place, diagnosis), operationMute(place, diagnosis)].filter((mute) => mute !== null);
  return !(await isAnyMuted(store, mutes));
}

async function earlierCases(
  diagnosis: Diagnosis,
  current: EarlierAnswer,
  { place }: DiagnoseRequest,
  tools: PersonalTools,
): Promise<{ readonly earlier: readonly Omit<GivenAnswer, 'headline'>[]; readonly followed: Followed | null }> {
  if (!isFailure(diagnosis) || diagnosis.primary === null) return { earlier: [], followed: null };
  const list = { kind: 'cause', cause: diagnosis.primary.cause } as const;
  const reader = readerAt(place);
  const all = await earlierAnswers(tools, { list, reader, nowMs: current.at });
  const others = all.filter(({ name }) => name !== current.name);
  const linked = others.slice(-MAX_LINKS).map(({ requestId, onlyFor }) => ({ requestId, userId: onlyFor }));
  const [urls, followed] = await Promise.all([
    linksTo(tools, reader, linked),
    followedAmong(others, current, { tools, reader }),
  ]);
  const withoutLink = others.length - linked.length;
  const earlier = others.map(({ name, at }, i) => ({
    name,
    at: new Date(at).toISOString(),
    url: urls[i - withoutLink] ?? null,
  }));
  return { earlier, followed };
}

async function recordAll(
  diagnosis: Diagnosis,
  current: EarlierAnswer,
  { place, isQuiet }: DiagnoseRequest,
  store: Store,
): Promise<void> {
  const { teamId, userId } = place;
  const { primary } = diagnosis;
  const record = (list: Parameters<typeof recordAnswer>[2]) => recordAnswer(store, teamId, list, current);
  await Promise.all([
    isQuiet === true ? null : record({ kind: 'person', userId }),
    isFailure(diagnosis) && primary !== null ? record({ kind: 'cause', cause: primary.cause }) : null,
    isFailure(diagnosis) ? record({ kind: 'failures' }) : null,
    recordIfCompleted(store, teamId, diagnosis),
  ]);
}
