import type { App, BlockAction, BlockElementAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { SYMPTOMS } from '../diagnosis/case.ts';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import type { Message } from '../formatters/message.ts';
import { subjectSchema } from '../jobs/requests.ts';
import { ask, type HandlerContext, type SlackInteraction, serve, reply } from './ask.ts';
import { openModal } from './diagnose-shortcut.ts';
import { anywhereModal } from './forms/diagnose.ts';
import { digestModal } from './forms/digest.ts';
import { shareModal } from './forms/share.ts';
import { publishHome } from './home-tab.ts';
import { messageOf, notice } from './notice.ts';

/** What the value of a “Run again” button carries, as JSON. */
const runAgainSchema = z.object({ subject: subjectSchema, symptom: z.enum(SYMPTOMS).nullable() });
/** What “Undo” carries. */
const silenceSchema = z.object({
  channel: z.string(),
  kind: z.enum(['channel', 'thread', 'cause', 'operation']),
  of: z.string(),
});

interface Click {
  readonly value: string;
  readonly gesture: SlackInteraction;
  readonly desk: HandlerContext;
  /** For opening a form. */
  readonly client: WebClient;
  /** The direct conversation beside the Home tab; null elsewhere. */
  readonly readIn: string | null;
}

/** What is answered is for the one who clicked. Every value came from outside: it is looked up or checked. */
type Listener = (click: Click) => Promise<Message | null>;

/** The operations of a list each have their own “Diagnose”, answered in the thread. */
const ROWS = Array.from({ length: 10 }, (_, i) => `diagnose_row_${i + 1}`);
/** What is kept quiet each has its own “Undo”. */
const UNDO_ROWS = ['unmute', ...Array.from({ length: 10 }, (_, i) => `unmute_row_${i + 1}`)];

const BUTTONS: Readonly<Record<string, Listener>> = {
  run_again: (click) => runAgain(click, click.gesture),
  // Below a watch the answer is a message of its own, because the watch's must stay.
  run_again_below: (click) => runAgain(click, below(click.gesture)),
  cancel,
  explain: async ({ value, gesture, desk }) =>
    serve(gesture, desk, async () => desk.services.explain(value) ?? OLD_BUTTON),
  watch: ({ value, gesture, desk }) => watch(value, gesture, desk),
  ...Object.fromEntries(ROWS.map((row) => [row, (click: Click) => runAgain(click, below(click.gesture))])),
  search_previous: (click) => turnPage(click),
  search_next: (click) => turnPage(click),
  // Below a digest, which must stay.
  show_more: (click) => turnPage({ ...click, gesture: below(click.gesture) }),
  stop_watch: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.stopWatching(value, gesture.place)),
  claim: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.claim(gesture.id, value, gesture.place, 'claim')),
  unclaim: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.claim(gesture.id, value, gesture.place, 'give-back')),
  take_over: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.claim(gesture.id, value, gesture.place, 'take-over')),
  feedback_right: (click) => judge(click, 'right'),
  feedback_partly: (click) => judge(click, 'partly'),
  feedback_wrong: (click) => judge(click, 'wrong'),
  flow: ({ value, gesture, desk }) => serve(gesture, desk, () => desk.services.detail('flow', value, gesture.place)),
  ...Object.fromEntries(UNDO_ROWS.map((row) => [row, unmute])),
  more: chooseMore,
  open_diagnose: ({ gesture, desk, client }) => openModal(gesture.id, anywhereModal(gesture.place), client, desk),
  open_digest: openDigest,
  end_digest: ({ value, gesture, desk }) => {
    const there = { ...gesture, place: { ...gesture.place, channel: value } };
    return serve(there, desk, () => desk.services.endDigest(there.place));
  },
  // Links: only to be acknowledged.
  open_jaeger: async () => null,
  open_grafana: async () => null,
};
/** On the Home tab: what opens a form changes nothing yet. */
const OPENERS = ['open_diagnose', 'open_digest'];

/** Every `action_id` that is listened to. */
export const ACTION_IDS: readonly string[] = Object.keys(BUTTONS);

/** The choices of the menu, by what stands before the colon of their value. */
const CHOICES: Readonly<Record<string, Listener>> = {
  stack: ({ value, gesture, desk }) => serve(gesture, desk, () => desk.services.detail('stack', value, gesture.place)),
  snooze: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.snooze(gesture.id, value, gesture.place, true)),
  unsnooze: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.snooze(gesture.id, value, gesture.place, false)),
  mute: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.muteOperation(gesture.id, value, gesture.place, true)),
  unmute: ({ value, gesture, desk }) =>
    serve(gesture, desk, () => desk.services.muteOperation(gesture.id, value, gesture.place, false)),
  copy: ({ value, gesture, desk }) => serve(gesture, desk, () => desk.services.copyId(value, gesture.place)),
  share: ({ value, gesture, desk, client }) =>
    openModal(gesture.id, shareModal(value, gesture.place), client, desk, NO_FORM),
};
const NO_FORM = notice`Slack did not open the form. Try again.`;

const OLD_BUTTON = messageOf(
  notice`This button is from an earlier version of ktrdr-bot. Use ${'/ktrdr diagnose'} with the operation id.`,
);

/** One listener for all buttons: whatever is clicked is acknowledged, link buttons included, which send an action as well. */
export function registerButtons(app: App, desk: HandlerContext): void {
  app.action<BlockAction>({ type: 'block_actions' }, async ({ action, body, ack, client }) => {
    // Several of a kind in one view are told apart by what follows the colon.
    const [name = ''] = action.action_id.split(':', 1);
    const listener = Object.hasOwn(BUTTONS, name) ? BUTTONS[name] : undefined;
    const gesture = gestureOf(body);
    const readIn = body.view?.type === 'home' ? body.view.private_metadata : null;
    const click = { value: valueIn(action), gesture, desk, client, readIn };
    const answer = listener === undefined ? null : await listener(click);
    await ack();
    const { teamId, userId } = gesture.place;
    if (readIn !== null && !OPENERS.includes(name)) await publishHome(client, { teamId, userId, readIn }, desk, answer);
    else if (answer !== null) await reply(gesture, answer, desk);
  });
}

async function runAgain({ value, desk }: Click, gesture: SlackInteraction): Promise<Message | null> {
  const read = readJson(value, runAgainSchema);
  if (read === null) return OLD_BUTTON;
  const asked = await ask(gesture, [read.subject], read.symptom, desk, { isRepeat: true });
  return asked.queued ? asked.message : messageOf(asked.notice);
}

async function cancel({ value, gesture, desk }: Click): Promise<Message | null> {
  return serve(gesture, desk, async () => {
    switch (await desk.questions.cancel(value, gesture.place, desk.clock())) {
      case 'cancelled':
        return null;
      case 'over':
        return messageOf(notice`Too late to cancel: the answer is there or on its way.`);
      case 'not-yours':
        return messageOf(notice`Only the one who asked can cancel this question.`);
    }
  });
}

async function watch(value: string, gesture: SlackInteraction, desk: HandlerContext): Promise<Message | null> {
  const subject = subjectOf(value);
  if (subject?.kind !== 'operation') return OLD_BUTTON;
  const { place } = below(gesture);
  return serve(gesture, desk, () => desk.services.watch(gesture.id, subject.operationId, place));
}

function turnPage({ value, gesture, desk }: Click): Promise<Message | null> {
  return serve(gesture, desk, () => desk.services.turnPage(gesture.id, value, gesture.place));
}

function judge({ value, gesture, desk }: Click, verdict: 'right' | 'partly' | 'wrong'): Promise<Message | null> {
  return serve(gesture, desk, () => desk.services.feedback(value, verdict, gesture.place));
}

/** Where it is quiet decides who may end it: for the list on the Home tab that is another place than the button's. */
async function unmute({ value, gesture, desk }: Click): Promise<Message | null> {
  const silence = readJson(value, silenceSchema);
  if (silence === null) return OLD_BUTTON;
  const there = { ...gesture, place: { ...gesture.place, channel: silence.channel } };
  return serve(there, desk, () => desk.services.endSilence(gesture.id, silence, gesture.place));
}

/** `value` is the channel whose digest is changed, or a word for a new one. */
async function openDigest({ value, gesture, desk, client, readIn }: Click): Promise<Message | null> {
  return serve(gesture, desk, async () => {
    const channel = /^[CGD][A-Z0-9]+$/.test(value) ? value : '';
    const words = channel === '' ? '' : await desk.services.digestWords(gesture.place.teamId, channel);
    return openModal(gesture.id, digestModal({ channel, words }, readIn ?? ''), client, desk, NO_FORM);
  });
}

async function chooseMore(click: Click): Promise<Message | null> {
  const [choice = '', value = ''] = click.value.split(':', 2);
  const listener = Object.hasOwn(CHOICES, choice) ? CHOICES[choice] : undefined;
  return listener === undefined ? OLD_BUTTON : listener({ ...click, value });
}

function below(gesture: SlackInteraction): SlackInteraction {
  const { place } = gesture;
  return { ...gesture, place: { ...place, threadTs: place.threadTs ?? place.messageTs, messageTs: null } };
}

function valueIn(action: BlockElementAction): string {
  if (action.type === 'button') return action.value ?? '';
  return action.type === 'overflow' ? action.selected_option.value : '';
}

function readJson<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * The clicked message is edited again and its thread goes on; one that only the asker sees cannot be edited. On the Home tab
 * there is neither channel nor message: answers are direct messages.
 */
function gestureOf(body: BlockAction): SlackInteraction {
  const { message } = body;
  const container = containerSchema.parse(body.container);
  const userTeamId = body.user.team_id ?? null;
  const parent: unknown = message?.['thread_ts'] ?? container.thread_ts;
  return {
    id: body.trigger_id,
    userTeamId,
    place: {
      teamId: body.team?.id ?? userTeamId ?? '',
      channel: body.channel?.id ?? container.channel_id ?? body.user.id,
      threadTs: typeof parent === 'string' && parent !== message?.ts ? parent : null,
      userId: body.user.id,
      responseUrl: body.response_url ?? null,
      messageTs: container.is_ephemeral ? null : (message?.ts ?? container.message_ts ?? null),
    },
  };
}

const containerSchema = z.object({
  channel_id: z.string().optional(),
  message_ts: z.string().optional(),
  thread_ts: z.string().optional(),
  is_ephemeral: z.boolean().default(false),
});
