import type { App, BlockAction, BlockElementAction } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { SYMPTOMS } from '../diagnosis/case.ts';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import type { Message } from '../formatters/message.ts';
import { subjectSchema } from '../jobs/requests.ts';
import { ask, type HandlerContext, reply, type SlackInteraction, serve } from './ask.ts';
import { openModal } from './diagnose-shortcut.ts';
import { anywhereModal } from './forms/diagnose.ts';
import { digestModal } from './forms/digest.ts';
import { shareModal } from './forms/share.ts';
import { publishHome } from './home-tab.ts';
import { messageOf, notice } from './notice.ts';

/** What the value of a “Run again” button carries, as JSON. */
const runAgainSchema = z.object({ subject: subjectSchema, symptom: z.enum(SYMPTOMS).nullable() });
/** What “Undo” carries. */
const muteScopeSchema = z.object({
  channel: z.string(),
  kind: z.enum(['channel', 'thread', 'cause', 'operation']),
  of: z.string(),
});

interface Click {
  readonly value: string;
  readonly interaction: SlackInteraction;
  readonly context: HandlerContext;
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
  run_again: (click) => runAgain(click, click.interaction),
  // Below a watch the answer is a message of its own, because the watch's must stay.
  run_again_below: (click) => runAgain(click, below(click.interaction)),
  cancel,
  explain: async ({ value, interaction, context }) =>
    serve(interaction, context, async () => context.services.explain(value) ?? OLD_BUTTON),
  watch: ({ value, interaction, context }) => watch(value, interaction, context),
  ...Object.fromEntries(ROWS.map((row) => [row, (click: Click) => runAgain(click, below(click.interaction))])),
  search_previous: (click) => turnPage(click),
  search_next: (click) => turnPage(click),
  // Below a digest, which must stay.
  show_more: (click) => turnPage({ ...click, interaction: below(click.interaction) }),
  stop_watch: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.stopWatching(value, interaction.place)),
  claim: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.claim(interaction.id, value, interaction.place, 'claim')),
  unclaim: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.claim(interaction.id, value, interaction.place, 'give-back')),
  take_over: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.claim(interaction.id, value, interaction.place, 'take-over')),
  feedback_right: (click) => judge(click, 'right'),
  feedback_partly: (click) => judge(click, 'partly'),
  feedback_wrong: (click) => judge(click, 'wrong'),
  flow: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.detail('flow', value, interaction.place)),
  ...Object.fromEntries(UNDO_ROWS.map((row) => [row, unmute])),
  more: chooseMore,
  open_diagnose: ({ interaction, context, client }) =>
    openModal(interaction.id, anywhereModal(interaction.place), client, context),
  open_digest: openDigest,
  end_digest: ({ value, interaction, context }) => {
    const there = { ...interaction, place: { ...interaction.place, channel: value } };
    return serve(there, context, () => context.services.endDigest(there.place));
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
  stack: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.detail('stack', value, interaction.place)),
  snooze: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.snooze(interaction.id, value, interaction.place, true)),
  unsnooze: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.snooze(interaction.id, value, interaction.place, false)),
  mute: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.muteOperation(interaction.id, value, interaction.place, true)),
  unmute: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.muteOperation(interaction.id, value, interaction.place, false)),
  copy: ({ value, interaction, context }) =>
    serve(interaction, context, () => context.services.copyId(value, interaction.place)),
  share: ({ value, interaction, context, client }) =>
    openModal(interaction.id, shareModal(value, interaction.place), client, context, NO_FORM),
};
const NO_FORM = notice`Slack did not open the form. Try again.`;

const OLD_BUTTON = messageOf(
  notice`This button is from an earlier version of ktrdr-bot. Use ${'/ktrdr diagnose'} with the operation id.`,
);

/** One listener for all buttons: whatever is clicked is acknowledged, link buttons included, which send an action as well. */
export function registerButtons(app: App, context: HandlerContext): void {
  app.action<BlockAction>({ type: 'block_actions' }, async ({ action, body, ack, client }) => {
    // Several of a kind in one view are told apart by what follows the colon.
    const [name = ''] = action.action_id.split(':', 1);
    const listener = Object.hasOwn(BUTTONS, name) ? BUTTONS[name] : undefined;
    const interaction = gestureOf(body);
    const readIn = body.view?.type === 'home' ? body.view.private_metadata : null;
    const click = { value: valueIn(action), interaction, context, client, readIn };
    const answer = listener === undefined ? null : await listener(click);
    await ack();
    const { teamId, userId } = interaction.place;
    if (readIn !== null && !OPENERS.includes(name))
      await publishHome(client, { teamId, userId, readIn }, context, answer);
    else if (answer !== null) await reply(interaction, answer, context);
  });
}

async function runAgain({ value, context }: Click, interaction: SlackInteraction): Promise<Message | null> {
  const read = readJson(value, runAgainSchema);
  if (read === null) return OLD_BUTTON;
  const asked = await ask(interaction, [read.subject], read.symptom, context, { isRepeat: true });
  return asked.queued ? asked.message : messageOf(asked.notice);
}

async function cancel({ value, interaction, context }: Click): Promise<Message | null> {
  return serve(interaction, context, async () => {
    switch (await context.questions.cancel(value, interaction.place, context.clock())) {
      case 'cancelled':
        return null;
      case 'over':
        return messageOf(notice`Too late to cancel: the answer is there or on its way.`);
      case 'not-yours':
        return messageOf(notice`Only the one who asked can cancel this question.`);
    }
  });
}

async function watch(value: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const subject = subjectOf(value);
  if (subject?.kind !== 'operation') return OLD_BUTTON;
  const { place } = below(interaction);
  return serve(interaction, context, () => context.services.watch(interaction.id, subject.operationId, place));
}

function turnPage({ value, interaction, context }: Click): Promise<Message | null> {
  return serve(interaction, context, () => context.services.turnPage(interaction.id, value, interaction.place));
}

function judge({ value, interaction, context }: Click, verdict: 'right' | 'partly' | 'wrong'): Promise<Message | null> {
  return serve(interaction, context, () => context.services.feedback(value, verdict, interaction.place));
}

/** Where it is quiet decides who may end it: for the list on the Home tab that is another place than the button's. */
async function unmute({ value, interaction, context }: Click): Promise<Message | null> {
  const scope = readJson(value, muteScopeSchema);
  if (scope === null) return OLD_BUTTON;
  const there = { ...interaction, place: { ...interaction.place, channel: scope.channel } };
  return serve(there, context, () => context.services.undoMute(interaction.id, scope, interaction.place));
}

/** `value` is the channel whose digest is changed, or a word for a new one. */
async function openDigest({ value, interaction, context, client, readIn }: Click): Promise<Message | null> {
  return serve(interaction, context, async () => {
    const channel = /^[CGD][A-Z0-9]+$/.test(value) ? value : '';
    const words = channel === '' ? '' : await context.services.digestWords(interaction.place.teamId, channel);
    return openModal(interaction.id, digestModal({ channel, words }, readIn ?? ''), client, context, NO_FORM);
  });
}

async function chooseMore(click: Click): Promise<Message | null> {
  const [choice = '', value = ''] = click.value.split(':', 2);
  const listener = Object.hasOwn(CHOICES, choice) ? CHOICES[choice] : undefined;
  return listener === undefined ? OLD_BUTTON : listener({ ...click, value });
}

function below(interaction: SlackInteraction): SlackInteraction {
  const { place } = interaction;
  return { ...interaction, place: { ...place, threadTs: place.threadTs ?? place.messageTs, messageTs: null } };
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
