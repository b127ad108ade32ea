/** What one asker gets of an answer: with what is remembered of its cause, what people did with it, and its buttons. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { withFooter } from '../../formatters/answer/answer.ts';
import { isFailure, withInteractions } from '../../formatters/answer/interactions.ts';
import { isOpen } from '../../formatters/answer/summary.ts';
import { cleanDiagnosis } from '../../formatters/clean.ts';
import type { Answer } from '../../formatters/message.ts';
import { withEarlierAnswers } from '../../formatters/reports/earlier-answers.ts';
import { isAnyMuted, isMuted } from '../mute/mutes.ts';
import type { Clock, Store } from '../ports.ts';
import { questionKey } from '../queue/queues.ts';
import { textCell } from '../queue/store-cell.ts';
import { type DiagnoseRequest, isDirect } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { causeMute, operationMute, stateOf } from './failure-state.ts';
import { type EarlierAnswer, earlierAnswers, linkTo, recordAnswer, recordAnswered } from './memory.ts';
import { type AnswerRecord, nameOfDiagnosed, saveRecord } from './record.ts';

export interface PersonalTools {
  readonly store: Store;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
  readonly redact: readonly RegExp[];
  /** Of this bot. */
  readonly version: string;
}

/** For a pasted id: whether it may be looked into at all. */
export async function acceptsQuestion(store: Store, request: DiagnoseRequest): Promise<boolean> {
  if (request.isQuiet !== true) return true;
  const { place, subject } = request;
  if (await isMuted(store, place)) return false;
  const { teamId, channel } = place;
  const isMutedId =
    subject.kind === 'operation' &&
    (await isAnyMuted(store, [{ teamId, channel, kind: 'operation', of: subject.operationId }]));
  return !isMutedId && (await takeTurn(store, request));
}

/** Null when nobody asked and there is nothing to say, or it is not wanted here. Doing it twice changes nothing. */
export async function personalAnswer(
  answer: Answer,
  found: Diagnosis,
  request: DiagnoseRequest,
  tools: PersonalTools,
): Promise<Answer | null> {
  const { store, clock } = tools;
  const { place, requestId } = request;
  if (request.isQuiet === true && !(await isWelcome(store, found, request))) return null;
  const diagnosis = cleanDiagnosis(found, tools.redact);
  const nowMs = Math.round(clock() / 1000);
  const name = nameOfDiagnosed(diagnosis);
  const seen: EarlierAnswer = {
    name: name ?? 'unknown',
    headline: diagnosis.headline,
    at: nowMs,
    requestId,
    channel: place.channel,
    ...(isDirect(place) && { onlyFor: place.userId }),
  };
  const earlier = name === null ? [] : await earlierCases(diagnosis, seen, request, tools);
  const { userId } = place;
  const footer = { diagnosis, userId, isPasted: request.isQuiet === true, version: tools.version };
  const own = { ...answer, summary: withEarlierAnswers(withFooter(answer.summary, footer), earlier) };
  const record: AnswerRecord = { teamId: place.teamId, answer: own, diagnosis };
  await Promise.all([
    saveRecord(store, requestId, record),
    name === null ? null : rememberAll(diagnosis, seen, request, store),
  ]);
  return currentAnswer(record, requestId, place.channel, tools);
}

/** The answer as it should stand now: what people did since is looked up. */
export async function currentAnswer(
  { answer, diagnosis, teamId }: AnswerRecord,
  answerId: string,
  channel: string,
  { store, grafanaUrl }: Pick<PersonalTools, 'store' | 'grafanaUrl'>,
): Promise<Answer> {
  const state = await stateOf(store, { teamId, channel }, diagnosis);
  return { ...answer, summary: withInteractions(answer.summary, { answerId, diagnosis, state, grafanaUrl }) };
}

/** The request that was answered, by channel and question. */
const PASTED = textCell<{ readonly teamId: string; readonly channel: string; readonly question: string }>({
  key: ({ teamId, channel, question }) => `pasted:${teamId}-${channel}-${question}`,
  /** The same id pasted again in a channel is not answered again for this long. */
  ttlMs: 30 * 60_000,
});

/** False while an earlier paste of the same id in the channel has the turn. Asking again with the same request is fine. */
async function takeTurn(store: Store, { place, subject, symptom, requestId }: DiagnoseRequest): Promise<boolean> {
  const { teamId, channel } = place;
  const id = { teamId, channel, question: questionKey(subject, symptom) };
  return (await PASTED.getOrSet(store, id, requestId)) === requestId;
}

/** Asked again when the answer is there: what was muted meanwhile stays quiet. */
async function isWelcome(store: Store, diagnosis: Diagnosis, { place }: DiagnoseRequest): Promise<boolean> {
  const { verdict } = diagnosis;
  if (verdict === 'not-found' || verdict === 'unavailable') return false;
  if (await isMuted(store, place)) return false;
  const unwanted = [causeMute(place, diagnosis), operationMute(place, diagnosis)].filter((one) => one !== null);
  return !(await isAnyMuted(store, unwanted));
}

async function earlierCases(
  diagnosis: Diagnosis,
  seen: EarlierAnswer,
  { place }: DiagnoseRequest,
  tools: PersonalTools,
) {
  if (!isFailure(diagnosis) || diagnosis.primary === null) return [];
  const list = { kind: 'cause', cause: diagnosis.primary.cause } as const;
  const reader = isDirect(place) ? place.userId : null;
  const all = await earlierAnswers(tools.store, place.teamId, list, seen.at, reader);
  const others = all.filter(({ name }) => name !== seen.name);
  const newest = others.length - 3;
  return Promise.all(
    others.map(async (other, i) => ({
      name: other.name,
      at: new Date(other.at).toISOString(),
      url: i < newest ? null : await linkTo(tools, place.teamId, other, place.channel),
    })),
  );
}

async function rememberAll(
  diagnosis: Diagnosis,
  seen: EarlierAnswer,
  { place, subject, symptom, isQuiet }: DiagnoseRequest,
  store: Store,
): Promise<void> {
  const { teamId, userId } = place;
  const { primary, status } = diagnosis;
  const hasEnded = !isOpen(diagnosis) && status !== 'unknown';
  await Promise.all([
    isQuiet === true ? null : recordAnswer(store, teamId, { kind: 'person', userId }, seen),
    isFailure(diagnosis) && primary !== null
      ? recordAnswer(store, teamId, { kind: 'cause', cause: primary.cause }, seen)
      : null,
    isFailure(diagnosis) ? recordAnswer(store, teamId, { kind: 'failures' }, seen) : null,
    hasEnded && subject.kind !== 'last' ? recordAnswered(store, place, questionKey(subject, symptom), seen) : null,
  ]);
}
