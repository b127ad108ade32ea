/** What one asker gets of an answer: with what is remembered of its cause, what people did with it, and its buttons. */
import type { Diagnosis } from '../diagnosis/finding.ts';
import { cleanDiagnosis } from '../formatters/clean.ts';
import { isFailure, isOpen, withInteractions } from '../formatters/interactions.ts';
import { withMemory } from '../formatters/memory.ts';
import type { Answer } from '../formatters/message.ts';
import { type AnswerRecord, nameOfDiagnosed, saveRecord } from './answer-record.ts';
import { isSnoozed, stateOf } from './failure-state.ts';
import { linkTo, recall, remember, rememberAnswered, type Seen } from './memory.ts';
import { isMuted, takeTurn } from './mute.ts';
import type { Clock, Store } from './ports.ts';
import { questionKey } from './queues.ts';
import type { DiagnoseRequest } from './requests.ts';
import type { SlackWorkspace } from './workspace-port.ts';

export interface PersonalTools {
  readonly store: Store;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
  readonly redact: readonly RegExp[];
}

/** For a pasted id: whether it may be looked into at all. */
export async function acceptsQuestion(store: Store, request: DiagnoseRequest): Promise<boolean> {
  if (request.isQuiet !== true) return true;
  if (await isMuted(store, request.place)) return false;
  return takeTurn(store, request.place, questionKey(request.subject, request.symptom), request.requestId);
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
  const seen: Seen = {
    name: name ?? 'unknown',
    headline: diagnosis.headline,
    at: nowMs,
    requestId,
    channel: place.channel,
  };
  const earlier = name === null ? [] : await earlierCases(diagnosis, seen, request, tools);
  const remembered = { ...answer, summary: withMemory(answer.summary, earlier) };
  const record: AnswerRecord = { teamId: place.teamId, answer: remembered, diagnosis };
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

async function isWelcome(store: Store, { verdict, primary }: Diagnosis, { place }: DiagnoseRequest): Promise<boolean> {
  if (verdict === 'not-found' || verdict === 'unavailable') return false;
  if (await isMuted(store, place)) return false;
  return primary === null || !(await isSnoozed(store, place, primary.cause));
}

async function earlierCases(diagnosis: Diagnosis, seen: Seen, { place }: DiagnoseRequest, tools: PersonalTools) {
  if (!isFailure(diagnosis) || diagnosis.primary === null) return [];
  const list = { kind: 'cause', cause: diagnosis.primary.cause } as const;
  const others = (await recall(tools.store, place.teamId, list, seen.at)).filter(({ name }) => name !== seen.name);
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
  seen: Seen,
  { place, subject, symptom, isQuiet }: DiagnoseRequest,
  store: Store,
): Promise<void> {
  const { teamId, userId } = place;
  const { primary, status } = diagnosis;
  const hasEnded = !isOpen(diagnosis) && status !== 'unknown';
  await Promise.all([
    isQuiet === true ? null : remember(store, teamId, { kind: 'person', userId }, seen),
    isFailure(diagnosis) && primary !== null
      ? remember(store, teamId, { kind: 'cause', cause: primary.cause }, seen)
      : null,
    isFailure(diagnosis) ? remember(store, teamId, { kind: 'failures' }, seen) : null,
    hasEnded && subject.kind !== 'last' ? rememberAnswered(store, place, questionKey(subject, symptom), seen) : null,
  ]);
}
