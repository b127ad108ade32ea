/** Muting a channel, a thread, a cause, or an operation, and undoing it. The replies are for the person who did it. */
import type { Diagnosis } from '../../diagnosis/finding.ts';
import { buildMessage } from '../../formatters/blocks/build-message.ts';
import type { Message } from '../../formatters/message.ts';
import {
  formatMuted,
  formatMuteEnded,
  formatMuteOver,
  formatMutes,
  QUIET_LABELS,
  type QuietChoice,
} from '../../formatters/reports/mute.ts';
import type { AnswerActionsOptions } from '../answer/actions.ts';
import { causeMute, operationMute, stateOf } from '../answer/failure-state.ts';
import { type ShownAnswer, updateAnswer } from '../answer/personal-answer.ts';
import { OLD_ANSWER, readRecord } from '../answer/record.ts';
import { authorOf, postedAt } from '../deliver/outbox.ts';
import { say } from '../deliver/wanted.ts';
import type { Store } from '../ports.ts';
import type { QueueClient } from '../queue/queues.ts';
import { mayRead, maySpeak, personAt, readerAt } from '../readers.ts';
import { type Place, requestIdOf } from '../requests.ts';
import { endMute, type KeptMute, keptMute, type Mute, mute, mutesOf, muteWordsOf, undoOf } from './mutes.ts';

/** A mute as its “Undo” names it. */
type MuteScope = Pick<Mute, 'channel' | 'kind' | 'of'> & { readonly until?: number };

const DAY_MS = 24 * 3_600_000;
const SNOOZE = { muteOf: causeMute, forMs: DAY_MS };
const MUTE_OPERATION = { muteOf: operationMute, forMs: 7 * DAY_MS };

export function createMuteActions(options: AnswerActionsOptions) {
  const { client, workspace, clock } = options;
  const { store } = client;
  const tools = { store, workspace };
  const nowMs = () => Math.round(clock() / 1000);

  async function change(id: string, shownIn: ShownAnswer, isOn: boolean, plan: typeof SNOOZE | typeof MUTE_OPERATION) {
    const { answerId, place } = shownIn;
    const record = await readRecord(tools, answerId, readerAt(place));
    const muted = record === null ? null : plan.muteOf(place, record.diagnosis);
    if (record === null || muted === null) return OLD_ANSWER;
    if (!isOn) {
      const kept = await endMute(store, muted);
      await updateAnswer(options, id, shownIn, record);
      return formatMuteEnded(muted, kept !== null);
    }
    const kept = { userId: place.userId, nowMs: nowMs(), forMs: plan.forMs };
    const until = await mute(store, muted, { ...kept, shownIn: { answerId, place: { ...place, responseUrl: null } } });
    await updateAnswer(options, id, shownIn, record);
    return mutedMessage(muted, until, place.userId);
  }

  return {
    /** Null when the reply is posted for everyone there. */
    async mute(id: string, place: Place, forMs: number): Promise<Message | null> {
      const muted = muteOf(place);
      const toldBy = announcementOf(id, place);
      const earlier = await keptMute(store, muted);
      const until = await mute(store, muted, { userId: place.userId, nowMs: nowMs(), forMs, toldBy });
      await say(
        client,
        { requestId: toldBy, place },
        { summary: mutedMessage(muted, until, place.userId), thread: [] },
      );
      // Slack may deliver the same command twice.
      if (earlier !== null && earlier.toldBy !== toldBy)
        await updateTold(client, id, { kept: earlier, message: formatMuteOver(muted, place.userId) }, place);
      return null;
    },

    async unmute(id: string, place: Place): Promise<Message | null> {
      const muted = muteOf(place);
      const kept = await endMute(store, muted);
      if (kept !== null) await updateTold(client, id, endedBy(kept, place), place);
      return formatMuteEnded(muted, kept !== null);
    },

    async mutes({ teamId, channel }: Place): Promise<Message> {
      const here = (await mutesOf(store, teamId)).filter((one) => one.channel === channel);
      return formatMutes(here.map(muteWordsOf));
    },

    /** What can be done about an answer in its channel now, or why nothing can. */
    async quietChoices(answerId: string, place: Place) {
      const record = await readRecord(tools, answerId, readerAt(place));
      const choices = record === null ? [] : await choicesAbout(store, place, record.diagnosis);
      return choices.length === 0 ? OLD_ANSWER : choices.map((value) => ({ value, text: QUIET_LABELS[value] }));
    },

    /** `choice` comes from a form. */
    async quiet(id: string, answerId: string, place: Place, choice: string): Promise<Message> {
      const isOn = choice === 'snooze' || choice === 'mute';
      const plan = choice === 'mute' || choice === 'unmute' ? MUTE_OPERATION : SNOOZE;
      if (!(await maySpeak(workspace, place, place.channel))) return OLD_ANSWER;
      return change(id, { answerId, place }, isOn, plan);
    },

    undoMute: (id: string, scope: MuteScope, place: Place) => undo(options, id, scope, place),
  };
}

/** From another channel, only the person who muted it, or can read in the muted channel, can undo a mute. */
async function undo(
  options: AnswerActionsOptions,
  id: string,
  { until, ...scope }: MuteScope,
  place: Place,
): Promise<Message | null> {
  const { client, workspace } = options;
  const { store } = client;
  const { teamId } = place;
  const muted = { ...scope, teamId };
  const owner = (await keptMute(store, muted))?.userId;
  if (!(await mayRead(workspace, personAt(place), { teamId, channel: scope.channel, userId: owner })))
    return buildMessage(['Only people who can read that channel can undo this.']);
  const kept = await endMute(store, muted, until);
  if (kept === null) return showOver(client, id, muted, place);
  const { shownIn } = kept;
  const record =
    shownIn === null ? null : await readRecord({ store, workspace }, shownIn.answerId, readerAt(shownIn.place));
  if (shownIn !== null && record !== null) await updateAnswer(options, id, shownIn, record);
  return (await updateTold(client, id, endedBy(kept, place), place)) ? null : formatMuteEnded(muted, true);
}

/** The mute ended or was replaced before: the clicked message says so if it announced the mute, otherwise only the person is told. */
async function showOver(client: QueueClient, id: string, muted: Mute, place: Place): Promise<Message | null> {
  const message = formatMuteOver(muted);
  const { teamId, channel, messageTs: ts } = place;
  const author = ts === null ? null : await authorOf(client.store, { teamId, channel, ts });
  if (author === null || !isAnnouncement(author, place)) return message;
  await edit(client, id, { ...place, responseUrl: null }, message);
  return null;
}

interface Told {
  readonly kept: KeptMute;
  /** What its message says now. */
  readonly message: Message;
}

function endedBy(kept: KeptMute, { userId }: Place): Told {
  return { kept, message: formatMuteEnded(kept, true, userId) };
}

/** Updates the message that announced a mute. True when that is the clicked message. */
async function updateTold(
  client: QueueClient,
  id: string,
  { kept: { teamId, kind, of, toldBy }, message }: Told,
  { userId, messageTs }: Place,
): Promise<boolean> {
  const posted = toldBy === undefined ? null : await postedAt(client.store, toldBy);
  if (posted === null) return false;
  const threadTs = kind === 'thread' ? of : null;
  const { channel, ts } = posted;
  await edit(client, id, { teamId, channel, threadTs, userId, responseUrl: null, messageTs: ts }, message);
  return messageTs === ts;
}

async function edit(client: QueueClient, id: string, place: Place, summary: Message): Promise<void> {
  const requestId = requestIdOf(`unmute ${id}`, place);
  await say(client, { requestId, place }, { summary, thread: [], isOnlyEdit: true });
}

/** The request whose message announces a mute; its ID says so. */
function announcementOf(id: string, place: Place): string {
  return `${place.teamId}-mute-${requestIdOf(`mute ${id}`, place)}`;
}

function isAnnouncement(requestId: string, { teamId }: Place): boolean {
  return requestId.startsWith(`${teamId}-mute-`);
}

async function choicesAbout(store: Store, place: Place, diagnosis: Diagnosis): Promise<readonly QuietChoice[]> {
  const { snoozedUntil, mutedUntil } = await stateOf(store, place, diagnosis);
  const snooze = snoozedUntil === null ? 'snooze' : 'unsnooze';
  const mute = mutedUntil === null ? 'mute' : 'unmute';
  return [
    ...(causeMute(place, diagnosis) === null ? [] : ([snooze] as const)),
    ...(operationMute(place, diagnosis) === null ? [] : ([mute] as const)),
  ];
}

function mutedMessage(muted: Mute, until: number, userId: string): Message {
  return formatMuted({ ...muted, until: new Date(until).toISOString(), undo: undoOf({ ...muted, until }), userId });
}

function muteOf({ teamId, channel, threadTs }: Place): Mute {
  return threadTs === null
    ? { teamId, channel, kind: 'channel', of: '' }
    : { teamId, channel, kind: 'thread', of: threadTs };
}
