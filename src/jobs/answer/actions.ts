/** What people do with an answer. Each is looked up by the answer's id; what is said is for the one who clicked. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { type FeedbackVerdict, VERDICTS } from '../../formatters/answer/interactions.ts';
import { formatId, formatShared, formatSharing } from '../../formatters/answer/share.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import { code, person } from '../../formatters/blocks/text-block.ts';
import type { Message } from '../../formatters/message.ts';
import { formatMuted, formatMuteEnded } from '../../formatters/reports/mute.ts';
import { addBackgroundJob } from '../background/worker.ts';
import { deliver } from '../deliver/wanted.ts';
import { endMute, keptMute, type Mute, mute, undoOf } from '../mute/mutes.ts';
import type { Clock } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { type Place, requestIdOf } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { causeMute, claim, operationMute, takeOver, unclaim } from './failure-state.ts';
import { judge } from './feedback.ts';
import { linkTo } from './memory.ts';
import { currentAnswer } from './personal-answer.ts';
import { type AnswerRecord, nameOfDiagnosed, readRecord } from './record.ts';

export interface AnswerActionsOptions {
  readonly client: QueueClient;
  readonly workspace: SlackWorkspace;
  readonly clock: Clock;
  readonly grafanaUrl: string | null;
}

export type ClaimAction = 'claim' | 'give-back' | 'take-over';

const DAY_MS = 24 * 3_600_000;
const SNOOZE_MS = DAY_MS;
const MUTE_MS = 7 * DAY_MS;
const OLD_ANSWER = buildMessage(['This answer is more than a week old, or from an earlier version. Use “Run again”.']);
const DETAIL = { flow: 'whole execution flow', stack: 'stack of the exception' } as const;

export function createAnswerActions(options: AnswerActionsOptions) {
  const { client, workspace, clock } = options;
  const { store } = client;
  const nowMs = () => Math.round(clock() / 1000);

  /** Shows the answer below whose button somebody clicked as it should stand now. */
  async function showAgain(id: string, place: Place, answerId: string, record: AnswerRecord): Promise<void> {
    if (place.messageTs === null) return;
    const answer = await currentAnswer(record, answerId, place.channel, { store, grafanaUrl: options.grafanaUrl });
    await deliver(client, { requestId: requestIdOf(id, place), place }, 'answer', answer);
  }

  async function keepQuiet(
    { id, answerId, place, isOn, forMs }: Quieting,
    silenceOf: (where: Place, diagnosis: Diagnosis) => Mute | null,
  ): Promise<Message> {
    const record = await readRecord(store, answerId, place.teamId);
    const what = record === null ? null : silenceOf(place, record.diagnosis);
    if (record === null || what === null) return OLD_ANSWER;
    const { kind, of } = what;
    if (!isOn) {
      const kept = await endMute(store, what);
      await showAgain(id, place, answerId, record);
      return formatMuteEnded(what, kept !== null);
    }
    const shownIn = { answerId, place: { ...place, responseUrl: null } };
    const until = await mute(store, what, { userId: place.userId, nowMs: nowMs(), forMs, shownIn });
    await showAgain(id, place, answerId, record);
    return formatMuted({ kind, of, until: new Date(until).toISOString(), undo: undoOf(what) });
  }

  return {
    /** The whole flow or the stack, into the thread. */
    async detail(what: 'flow' | 'stack', answerId: string, place: Place): Promise<Message> {
      if ((await readRecord(store, answerId, place.teamId)) === null) return OLD_ANSWER;
      const inThread = { ...place, threadTs: place.threadTs ?? place.messageTs, messageTs: null };
      await addBackgroundJob(client, { kind: 'detail', what, answerId, place: inThread }, `detail-${what}-${answerId}`);
      return buildMessage([`The ${DETAIL[what]} comes in the thread.`]);
    },

    async feedback(answerId: string, verdict: FeedbackVerdict, place: Place): Promise<Message> {
      const record = await readRecord(store, answerId, place.teamId);
      if (record === null) return OLD_ANSWER;
      const cause = record.diagnosis.primary?.cause ?? record.diagnosis.verdict;
      await judge(store, { teamId: place.teamId, answerId, userId: place.userId, cause, verdict });
      return buildMessage(['Noted: ', `${VERDICTS[verdict]}, for `, code(cause), '. Another click changes it.']);
    },

    /** The message shows whose it is; what is said besides is why a wish was not granted. */
    async claim(id: string, answerId: string, place: Place, request: ClaimAction): Promise<Message | null> {
      const record = await readRecord(store, answerId, place.teamId);
      if (record === null || nameOfDiagnosed(record.diagnosis) === null) return OLD_ANSWER;
      const { diagnosis } = record;
      const { userId } = place;
      let owner: string | null = userId;
      if (request === 'claim') owner = await claim(store, place, diagnosis, userId);
      else if (request === 'take-over') await takeOver(store, place, diagnosis, userId);
      else owner = await unclaim(store, place, diagnosis, userId);
      await showAgain(id, place, answerId, record);
      if (owner === null || owner === userId) return null;
      return request === 'claim'
        ? buildMessage(['Already claimed by ', person(owner), '. “Take over” makes it yours.'])
        : buildMessage(['Only ', person(owner), ' can give this back. “Take over” makes it yours.']);
    },

    /** Its cause, in this channel. */
    snooze: (id: string, answerId: string, place: Place, isOn: boolean): Promise<Message> =>
      keepQuiet({ id, answerId, place, isOn, forMs: SNOOZE_MS }, causeMute),

    /** The operation itself, in this channel. */
    muteOperation: (id: string, answerId: string, place: Place, isOn: boolean): Promise<Message> =>
      keepQuiet({ id, answerId, place, isOn, forMs: MUTE_MS }, operationMute),

    /** Elsewhere than in the channel itself only by whoever wanted it or can read there. The answer that says so is mended. */
    async endSilence(id: string, of: Pick<Mute, 'channel' | 'kind' | 'of'>, place: Place): Promise<Message> {
      const { teamId, userId } = place;
      const what = { ...of, teamId };
      const isMine = of.channel === place.channel || (await keptMute(store, what))?.userId === userId;
      if (!isMine && !(await workspace.mayRead(teamId, of.channel, userId)))
        return buildMessage(['Only somebody who can read in that channel can end this.']);
      const kept = await endMute(store, what);
      const shownIn = kept?.shownIn ?? null;
      const record = shownIn === null ? null : await readRecord(store, shownIn.answerId, teamId);
      if (shownIn !== null && record !== null) await showAgain(id, shownIn.place, shownIn.answerId, record);
      return formatMuteEnded(what, kept !== null);
    },

    async copyId(answerId: string, { teamId }: Place): Promise<Message> {
      const record = await readRecord(store, answerId, teamId);
      const name = record === null ? null : nameOfDiagnosed(record.diagnosis);
      return name === null ? OLD_ANSWER : formatId(name);
    },

    /** One message in another channel that both the bot and the person can see. */
    async share(
      id: string,
      answerId: string,
      place: Place,
      to: string,
    ): Promise<{ readonly isDone: boolean; readonly message: Message }> {
      const { teamId, userId } = place;
      const record = await readRecord(store, answerId, teamId);
      const name = record === null ? null : nameOfDiagnosed(record.diagnosis);
      if (record === null || name === null) return { isDone: false, message: OLD_ANSWER };
      if (!(await workspace.mayRead(teamId, to, userId))) {
        const problem =
          'I do not see that channel, or you are not in it. Invite me there with /invite, then share again.';
        return { isDone: false, message: buildMessage([problem]) };
      }
      const { headline, operationId } = record.diagnosis;
      const subject = operationId === null ? { kind: 'trace', traceId: name } : { kind: 'operation', operationId };
      const url = await linkTo({ store, workspace }, teamId, { requestId: answerId }, to);
      const question = JSON.stringify({ subject, symptom: null });
      const summary = formatShared({ name, headline, by: userId, url, question });
      const there = { teamId, channel: to, threadTs: null, userId, responseUrl: null, messageTs: null };
      await deliver(client, { requestId: requestIdOf(id, place), place: there }, 'answer', { summary, thread: [] });
      return { isDone: true, message: formatSharing(to) };
    },
  };
}

interface Quieting {
  readonly id: string;
  readonly answerId: string;
  readonly place: Place;
  readonly isOn: boolean;
  readonly forMs: number;
}
