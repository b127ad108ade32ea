/** The message in which a channel shows the last answer about an operation, and the answer behind it. */
import { z } from 'zod';
import { isOpen } from '../../formatters/answer/summary.ts';
import { isThere } from '../deliver/is-there.ts';
import { authorOf, postedAt, postedAtOf } from '../deliver/outbox.ts';
import type { Chat, Store } from '../ports.ts';
import { symptomKey } from '../queue/queues.ts';
import { cell, textCell } from '../queue/store-cell.ts';
import { readerAt } from '../readers.ts';
import { OPEN as OPEN_REQUESTS } from '../register/open-requests.ts';
import type { ChannelRef, DiagnoseRequest, Place } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { type AnswerRecord, nameOfDiagnosed, readRecord } from './record.ts';

export interface ShownEarlier {
  readonly answerId: string;
  readonly record: AnswerRecord;
  /** The place of its message, for the person who asked for it. */
  readonly place: Place & { readonly messageTs: string };
  /** Null when Slack doesn't say. */
  readonly url: string | null;
}

export interface ShownTools {
  readonly store: Store;
  readonly chat: Pick<Chat, 'findPosted'>;
  readonly workspace: Pick<SlackWorkspace, 'channel' | 'isMember' | 'permalink'>;
}

const lastSchema = z.object({ answerId: z.string(), threadTs: z.string().nullable() });
type LastAnswer = z.infer<typeof lastSchema>;

/** `symptom` is `open` for the single message about a running operation, regardless of symptoms. */
interface LastOf {
  readonly channel: ChannelRef;
  readonly name: string;
  readonly symptom: string;
}

const HOUR_MS = 3_600_000;
/** After this time, the message is probably too far up to point to. */
const ENDED_MS = HOUR_MS;
const LAST = cell<LastOf, LastAnswer>({
  schema: lastSchema,
  key: ({ channel: { teamId, channel }, name, symptom }) => `answered:${teamId}-${channel}-${symptom}-${name}`,
  ttlMs: 24 * HOUR_MS,
});
/** The answer that a click, such as a claim, has changed, by the ID of the click. */
const CHANGED_BY = textCell<string>({ key: (requestId) => `changed-by:${requestId}`, ttlMs: 7 * 24 * HOUR_MS });

const OPEN = 'open';

export async function recordLast(
  store: Store,
  { requestId, place }: Pick<DiagnoseRequest, 'requestId' | 'place'>,
  record: Pick<AnswerRecord, 'diagnosis' | 'symptom'>,
) {
  const { diagnosis } = record;
  const name = nameOfDiagnosed(diagnosis);
  if (name === null || diagnosis.status === 'unknown') return;
  const last = { answerId: requestId, threadTs: place.threadTs };
  const open = { channel: place, name, symptom: OPEN };
  if (isOpen(diagnosis)) return LAST.set(store, open, last);
  await Promise.all([
    LAST.set(store, { channel: place, name, symptom: symptomKey(record.symptom) }, last, ENDED_MS),
    LAST.delete(store, open),
  ]);
}

export function recordChange(store: Store, requestId: string, answerId: string): Promise<void> {
  return CHANGED_BY.set(store, requestId, answerId);
}

/**
 * The answer about the operation that the channel of the request shows, or that the clicked message shows. Null when there is
 * none, it is about another operation or symptom, its message is gone, or the requester can't read it.
 */
export async function findShown(
  request: DiagnoseRequest,
  name: string,
  tools: ShownTools,
): Promise<ShownEarlier | null> {
  const { place, isQuiet, isBelow } = request;
  if (isQuiet === true || isBelow === true) return null;
  if (place.messageTs !== null) return findClicked(request, name, tools);
  for (const last of await lastOf(request, name, tools.store)) {
    const shown = await findPosted(last, place, tools);
    if (shown !== null) return shown;
  }
  return null;
}

/** The request whose answer the channel is about to show. */
export async function findAwaited(request: DiagnoseRequest, name: string, store: Store): Promise<string | null> {
  const { place, isQuiet, isBelow } = request;
  if (isQuiet === true || isBelow === true || place.messageTs !== null) return null;
  const ids = (await lastOf(request, name, store)).map(({ answerId }) => answerId);
  const [areOpen, posted] = await Promise.all([store.areRanked(OPEN_REQUESTS, ids), postedAtOf(store, ids)]);
  return ids.find((_id, i) => areOpen[i] === true && posted[i] === null) ?? null;
}

async function lastOf({ place, requestId, symptom }: DiagnoseRequest, name: string, store: Store) {
  const wanted = [OPEN, symptomKey(symptom)].map((one) => ({ channel: place, name, symptom: one }));
  const kept = await LAST.getMany(store, wanted);
  // A job that runs again after a crash would find its own answer.
  return kept.filter((last) => last !== null).filter(({ answerId }) => answerId !== requestId);
}

/** The single message about a running operation. */
export async function findOpen(channel: ChannelRef, name: string, tools: ShownTools): Promise<ShownEarlier | null> {
  const last = await LAST.get(tools.store, { channel, name, symptom: OPEN });
  const nobody = { ...channel, userId: '', threadTs: null, responseUrl: null, messageTs: null };
  return last === null ? null : findPosted(last, nobody, tools);
}

async function findClicked({ place, ...request }: DiagnoseRequest, name: string, tools: ShownTools) {
  const { store, workspace } = tools;
  const { teamId, channel, messageTs: ts } = place;
  const author = ts === null ? null : await authorOf(store, { teamId, channel, ts });
  if (ts === null || author === null) return null;
  const answerId = (await CHANGED_BY.get(store, author)) ?? author;
  const record = await readRecord(tools, answerId, readerAt(place));
  const isSame =
    record !== null &&
    nameOfDiagnosed(record.diagnosis) === name &&
    symptomKey(record.symptom) === symptomKey(request.symptom);
  if (!isSame) return null;
  const ofMessage = { ...place, userId: record.origin.userId, responseUrl: null, messageTs: ts };
  return { answerId, record, place: ofMessage, url: await workspace.permalink(teamId, channel, ts) };
}

async function findPosted(
  { answerId, threadTs }: LastAnswer,
  reader: Place,
  tools: ShownTools,
): Promise<ShownEarlier | null> {
  const { store, workspace } = tools;
  const { teamId } = reader;
  const [record, posted] = await Promise.all([
    readRecord(tools, answerId, readerAt(reader)),
    postedAt(store, answerId),
  ]);
  if (record === null || posted === null) return null;
  const { channel, ts } = posted;
  if (!(await isThere(tools.chat, { teamId, channel, threadTs, ts }))) return null;
  const { userId } = record.origin;
  const place = { teamId, channel, threadTs, userId, responseUrl: null, messageTs: ts };
  return { answerId, record, place, url: await workspace.permalink(teamId, channel, ts) };
}
