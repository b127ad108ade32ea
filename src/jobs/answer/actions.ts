/** What people can do with answers. A button carries the ID of its answer; replies are for the person who clicked. */
import { type FeedbackVerdict, VERDICTS } from '../../formatters/answer/interactions.ts';
import { formatNotShared, formatShared, formatSharing } from '../../formatters/answer/share.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import { code, person } from '../../formatters/blocks/text-block.ts';
import type { Message } from '../../formatters/message.ts';
import { formatRecent } from '../../formatters/reports/earlier-answers.ts';
import { addDetail, type DetailJob, detailRequest } from '../background/background-jobs.ts';
import { say } from '../deliver/wanted.ts';
import type { Clock } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { isSharedOutside, mayRead, type Reader, readerAt, readerOfReply } from '../readers.ts';
import { type FormOutcome, isDirect, type Place, requestIdOf } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { linkedAnswers, linkTo } from './earlier-answers.ts';
import { claim, takeOver, unclaim } from './failure-state.ts';
import { type Correction, correct, judge } from './feedback.ts';
import { updateAnswer } from './personal-answer.ts';
import { nameOfDiagnosed, OLD_ANSWER, readRecord } from './record.ts';

export interface AnswerActionsOptions {
  readonly client: QueueClient;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
}

export type Feedback = { readonly verdict: FeedbackVerdict } & Partial<Correction>;
type ClaimAction = 'claim' | 'give-back' | 'take-over';

const MAX_RECENT = 10;
const DETAILS = { flow: 'full execution flow', stack: 'stack trace' } as const;

export function createAnswerActions(options: AnswerActionsOptions) {
  const { client, workspace, clock } = options;
  const { store } = client;
  const tools = { store, workspace };

  return {
    async detail(what: DetailJob['what'], answerId: string, place: Place): Promise<Message> {
      if ((await readRecord(tools, answerId, readerAt(place))) === null) return OLD_ANSWER;
      const inThread = { ...place, threadTs: place.threadTs ?? place.messageTs, messageTs: null };
      await addDetail(client, detailRequest({ kind: 'detail', what, answerId, place: inThread }));
      return buildMessage([`The ${DETAILS[what]} will be posted in the thread.`]);
    },

    async feedback(answerId: string, { verdict, ...correction }: Feedback, place: Place): Promise<Message> {
      const record = await readRecord(tools, answerId, readerAt(place));
      if (record === null) return OLD_ANSWER;
      const cause = record.diagnosis.primary?.cause ?? record.diagnosis.verdict;
      const { teamId, channel } = record.origin;
      const judged = { teamId, answerId, userId: place.userId, channel, cause };
      await judge(store, { ...judged, verdict });
      if (verdict === 'wrong') {
        const about = nameOfDiagnosed(record.diagnosis);
        await correct(store, judged, { instead: '', words: '', ...correction, about });
      }
      return buildMessage([
        'Noted: ',
        `${VERDICTS[verdict]}, for `,
        code(cause),
        '. To change your feedback, click the other button.',
      ]);
    },

    /** Updates the message with the current owner. Null when that was enough; otherwise why nothing changed. */
    async claim(id: string, answerId: string, place: Place, action: ClaimAction): Promise<Message | null> {
      const record = await readRecord(tools, answerId, readerAt(place));
      if (record === null || nameOfDiagnosed(record.diagnosis) === null) return OLD_ANSWER;
      const { userId } = place;
      const change = { claim, 'take-over': takeOver, 'give-back': unclaim }[action];
      const owner = await change(store, place, record.diagnosis, userId);
      await updateAnswer(options, id, { answerId, place }, record);
      if (owner === null || owner === userId) return null;
      return action === 'claim'
        ? buildMessage(['Already claimed by ', person(owner), '. To claim it yourself, use “Take over”.'])
        : buildMessage(['Only ', person(owner), ' can unclaim this. To claim it yourself, use “Take over”.']);
    },

    share: (id: string, answerId: string, place: Place, to: string) => share(options, id, { answerId, place, to }),

    async recent(whose: 'mine' | 'failures', place: Place): Promise<Message> {
      const reader = readerOfReply(place);
      const list =
        whose === 'mine' ? ({ kind: 'person', userId: place.userId } as const) : ({ kind: 'failures' } as const);
      const query = { list, reader, nowMs: Math.round(clock() / 1000), most: MAX_RECENT };
      return formatRecent(whose, await linkedAnswers(tools, query));
    },
  };
}

const NOT_SEEN = 'ktrdr-bot can’t see that channel, or you aren’t in it. Add the bot with /invite, then share again.';

/**
 * Posts one message to a channel that both the bot and the person can see. It contains only text that everyone there can read,
 * or that belongs to the person.
 */
async function share(
  { client, workspace }: AnswerActionsOptions,
  id: string,
  { answerId, place, to }: { readonly answerId: string; readonly place: Place; readonly to: string },
): Promise<FormOutcome> {
  const { teamId, userId } = place;
  const tools = { store: client.store, workspace };
  // The form names the answer's channel, but it could be forged, so it doesn't prove where the person is.
  const person: Reader = { kind: 'person', teamId, userId, channel: null };
  const record = await readRecord(tools, answerId, person);
  const name = record === null ? null : nameOfDiagnosed(record.diagnosis);
  if (record === null || name === null) return { isDone: false, message: OLD_ANSWER };
  if (!(await mayRead(workspace, person, { teamId, channel: to })))
    return { isDone: false, message: buildMessage([NOT_SEEN]) };
  const there: Reader = { kind: 'everybody', teamId, channel: to };
  const { origin } = record;
  const isForAll =
    (origin.userId === userId && isDirect(origin)) ||
    (await mayRead(workspace, there, { teamId, channel: origin.channel })) ||
    // Never posts where other organizations can read: only the person gets the message, with the reason.
    (await isSharedOutside(workspace, { teamId, channel: to })) === true;
  if (!isForAll) return { isDone: false, message: formatNotShared(name) };
  const { headline, operationId } = record.diagnosis;
  const subject = operationId === null ? { kind: 'trace', traceId: name } : { kind: 'operation', operationId };
  const url = await linkTo(tools, there, { requestId: answerId });
  const question = JSON.stringify({ subject, symptom: null });
  const summary = formatShared({ name, headline, by: userId, url, question });
  const target = { teamId, channel: to, threadTs: null, userId, responseUrl: null, messageTs: null };
  await say(client, { requestId: requestIdOf(id, place), place: target }, { summary, thread: [] });
  return { isDone: true, message: formatSharing(to) };
}
