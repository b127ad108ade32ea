import type { App, BlockAction, BlockElementAction } from '@slack/bolt';
import { z } from 'zod';
import { subjectOf } from '../diagnosis/vocabulary/subject.ts';
import type { Message } from '../formatters/message.ts';
import { type Place, questionSchema } from '../jobs/requests.ts';
import type { Services } from '../jobs/services.ts';
import { parseJson } from '../language/json.ts';
import { ACTION_BUTTONS, pressAction } from './action-buttons.ts';
import { diagnose, type HandlerContext, placeOf, reply, type SlackInteraction, serve } from './ask.ts';
import { NO_INPUT } from './diagnose-shortcut.ts';
import { anywhereModal } from './forms/diagnose.ts';
import { digestModal } from './forms/digest.ts';
import { feedbackModal } from './forms/feedback.ts';
import { type ModalOpener, openModal } from './forms/modal.ts';
import { quietModal } from './forms/quiet.ts';
import { shareModal } from './forms/share.ts';
import { publishHome } from './home-tab.ts';
import { messageOf, notice } from './notice.ts';

const mutedSchema = z.object({
  channel: z.string(),
  kind: z.enum(['channel', 'thread', 'cause', 'operation']),
  of: z.string(),
  /** Absent in buttons from earlier versions. */
  until: z.number().exactOptional(),
});

interface Click extends ModalOpener {
  readonly value: string;
}

/** The message is for the person who clicked. Every value came from outside: it is looked up or checked. */
type Listener = (click: Click) => Promise<Message | null>;

/** Runs one service. `below` stands for the thread below the clicked message, which must stay as it is. */
function service(
  act: (services: Services, on: { id: string; value: string; place: Place; below: Place }) => Promise<Message | null>,
): Listener {
  return ({ value, interaction, context }) => {
    const { id, place } = interaction;
    return serve(interaction, context, () => act(context.services, { id, value, place, below: threadOf(place) }));
  };
}

/** Buttons in messages from earlier versions, where each operation in a list had its own “Diagnose”, answered in the thread. */
const ROWS = Array.from({ length: 10 }, (_, i) => `diagnose_row_${i + 1}`);
/** Each muted scope of a list has its own “Undo”. */
const UNDO_ROWS = Array.from({ length: 10 }, (_, i) => `unmute_row_${i + 1}`);
const turnPage = service((services, { id, value, place }) => services.turnPage(id, value, place));

const BUTTONS: Readonly<Record<string, Listener>> = {
  run_again: (click) => runAgain(click),
  // Below the progress message of a watch, the answer is a separate message.
  run_again_below: runAgainBelow,
  cancel,
  watch,
  diagnose_one: diagnoseBelow,
  ...Object.fromEntries(ROWS.map((row) => [row, runAgainBelow])),
  search_previous: turnPage,
  search_next: turnPage,
  // The digest above stays.
  show_all: service((services, { id, value, place, below }) => services.showAll(id, value, below, place)),
  show_all_again: service((services, { id, value, place }) => services.showAll(id, value, place, place)),
  stop_watch: service((services, { value, place }) => services.stopWatching(value, place)),
  claim: service((services, { id, value, place }) => services.claim(id, value, place, 'claim')),
  take_over: service((services, { id, value, place }) => services.claim(id, value, place, 'take-over')),
  feedback_yes: service((services, { value, below }) => services.feedback(value, { verdict: 'right' }, below)),
  feedback_no: (click) => {
    const { value, interaction, context } = click;
    return openModal(feedbackModal(value, interaction.place, context.services.causeChoices), click, NO_FORM);
  },
  unmute,
  // The list stays as it is.
  ...Object.fromEntries(UNDO_ROWS.map((row) => [row, (click: Click) => unmute(inNoMessage(click))])),
  ...Object.fromEntries(
    Object.entries(ACTION_BUTTONS).map(([id, kind]) => [id, (click: Click) => pressAction(kind, click)] as const),
  ),
  more: chooseMore,
  open_diagnose: (click) => openModal(anywhereModal(click.interaction.place), click, NO_INPUT),
  open_digest: openDigest,
  home_help: ({ context }) => Promise.resolve(context.services.homeHelp()),
  home_failed: service(async (services, { id, place }) => (await services.failed(id, '24h', place)) ?? SENT),
  end_digest: ({ value, interaction, context }) => {
    const there = inChannel(value, interaction);
    return serve(there, context, () => context.services.endDigest(there.place));
  },
  end_alerts: ({ value, interaction, context }) => {
    const there = inChannel(value, interaction);
    return serve(there, context, () => context.services.endAlerts(there.place));
  },
  // A link, which only needs to be acknowledged.
  open_jaeger: async () => null,
};
/** On the Home tab: opening a form changes nothing yet. */
const OPENERS = ['open_diagnose', 'open_digest'];

export const ACTION_IDS: readonly string[] = Object.keys(BUTTONS);

/** The choices of the menu, by the part of their value before the colon. */
const CHOICES: Readonly<Record<string, Listener>> = {
  again: checkAgain,
  unclaim: service((services, { id, value, place }) => services.claim(id, value, place, 'give-back')),
  explain: service(async (services, { value }) => services.explain(value) ?? OLD_BUTTON),
  stack: service((services, { value, place }) => services.detail('stack', value, place)),
  flow: service((services, { value, place }) => services.detail('flow', value, place)),
  quiet: openQuiet,
  // A link, which only needs to be acknowledged.
  grafana: async () => null,
  share: (click) => openModal(shareModal(click.value, click.interaction.place), click, NO_FORM),
};
const SENT = messageOf(notice`You’ll get the list as a direct message.`);
const NO_FORM = notice`Slack couldn’t open the form. Try again.`;

const OLD_BUTTON = messageOf(
  notice`This button is from an earlier version of ktrdr-bot. Use ${'/ktrdr diagnose'} with the operation ID.`,
);

/** One listener for all buttons: every click is acknowledged, also on link buttons, which send an action as well. */
export function registerButtons(app: App, context: HandlerContext): void {
  app.action<BlockAction>({ type: 'block_actions' }, async ({ action, body, ack, client }) => {
    // Several buttons of one kind in a view differ by the part after the colon.
    const [name = ''] = action.action_id.split(':', 1);
    const listener = Object.hasOwn(BUTTONS, name) ? BUTTONS[name] : undefined;
    const interaction = interactionOf(body);
    const click = { value: valueIn(action), interaction, context, client };
    const answer = listener === undefined ? OLD_BUTTON : await listener(click);
    await ack();
    const { teamId, userId } = interaction.place;
    if (body.view?.type === 'home' && !OPENERS.includes(name))
      await publishHome(client, { teamId, userId }, context, answer);
    else if (answer !== null) await reply(interaction, answer, context);
  });
}

async function runAgain({ value, interaction, context }: Click, isBelow = false): Promise<Message | null> {
  const question = questionSchema.safeParse(parseJson(value)).data;
  if (question === undefined) return OLD_BUTTON;
  const { subject, symptom } = question;
  return diagnose(interaction, { subjects: [subject], symptom }, context, {
    isRepeat: true,
    ...(isBelow && { isBelow }),
  });
}

/** From the menu, whose values must be short, so they contain only the symptoms and the operation. */
async function checkAgain(click: Click): Promise<Message | null> {
  const [symptom = '', operationId = ''] = click.value.split(' ', 2);
  const subject = subjectOf(operationId);
  if (subject?.kind !== 'operation') return OLD_BUTTON;
  const symptoms = symptom.split('+');
  const question = { subject, symptom: symptom === 'any' ? null : symptoms.length === 2 ? symptoms : symptom };
  return runAgain({ ...click, value: JSON.stringify(question) });
}

/** The form offers only choices that have an effect now. */
async function openQuiet(click: Click): Promise<Message | null> {
  const { value, interaction, context } = click;
  return serve(interaction, context, async () => {
    const choices = await context.services.quietChoices(value, interaction.place);
    return 'blocks' in choices ? choices : openModal(quietModal(value, interaction.place, choices), click, NO_FORM);
  });
}

function runAgainBelow(click: Click): Promise<Message | null> {
  const { interaction } = click;
  return runAgain({ ...click, interaction: { ...interaction, place: threadOf(interaction.place) } }, true);
}

/** From the menu of a list: the operation's ID, or the trace of a start without one. */
async function diagnoseBelow(click: Click): Promise<Message | null> {
  const subject = subjectOf(click.value);
  return subject === null ? OLD_BUTTON : runAgainBelow({ ...click, value: JSON.stringify({ subject, symptom: null }) });
}

async function cancel({ value, interaction, context }: Click): Promise<Message | null> {
  return serve(interaction, context, async () => {
    switch (await context.questions.cancel(value, interaction.place, context.clock())) {
      case 'cancelled':
        return null;
      case 'over':
        return messageOf(notice`Too late to cancel: the result is already there or on its way.`);
      case 'not-yours':
        return messageOf(notice`Only the person who made this request can cancel it.`);
    }
  });
}

async function watch(click: Click): Promise<Message | null> {
  const subject = subjectOf(click.value);
  if (subject?.kind !== 'operation') return OLD_BUTTON;
  return service((services, { id, below }) => services.watch(id, subject.operationId, below))(click);
}

/** Whether a person can end a mute depends on the muted channel, which on the Home tab isn't the button's channel. */
async function unmute({ value, interaction, context }: Click): Promise<Message | null> {
  const muted = mutedSchema.safeParse(parseJson(value)).data;
  if (muted === undefined) return OLD_BUTTON;
  const { id, place } = interaction;
  return serve(inChannel(muted.channel, interaction), context, () => context.services.undoMute(id, muted, place));
}

/** `value` is the channel whose digest is changed; any other text opens the form for a new one. */
async function openDigest(click: Click): Promise<Message | null> {
  const { value, interaction, context } = click;
  const channel = /^[CGD][A-Z0-9]+$/.test(value) ? value : '';
  const there = channel === '' ? interaction : inChannel(channel, interaction);
  return serve(there, context, async () => {
    const words = channel === '' ? '' : await context.services.digestWords(there.place);
    return typeof words === 'string' ? openModal(digestModal({ channel, words }), click, NO_FORM) : words;
  });
}

async function chooseMore(click: Click): Promise<Message | null> {
  const [choice = ''] = click.value.split(':', 1);
  // An operation ID can also contain colons.
  const value = click.value.slice(choice.length + 1);
  const listener = Object.hasOwn(CHOICES, choice) ? CHOICES[choice] : undefined;
  return listener === undefined ? OLD_BUTTON : listener({ ...click, value });
}

function threadOf(place: Place): Place {
  return { ...place, threadTs: place.threadTs ?? place.messageTs, messageTs: null };
}

function inChannel(channel: string, interaction: SlackInteraction): SlackInteraction {
  return { ...interaction, place: { ...interaction.place, channel } };
}

function inNoMessage({ interaction, ...click }: Click): Click {
  return { ...click, interaction: { ...interaction, place: { ...interaction.place, messageTs: null } } };
}

function valueIn(action: BlockElementAction): string {
  if (action.type === 'button') return action.value ?? '';
  return action.type === 'overflow' || action.type === 'static_select' ? action.selected_option.value : '';
}

const containerSchema = z.object({
  channel_id: z.string().optional(),
  message_ts: z.string().optional(),
  thread_ts: z.string().optional(),
  is_ephemeral: z.boolean().default(false),
});

/**
 * The clicked message is edited again and its thread goes on; an ephemeral one cannot be edited. On the Home tab there is
 * neither channel nor message: answers are direct messages.
 */
function interactionOf({ message, team, channel, user, ...body }: BlockAction): SlackInteraction {
  const container = containerSchema.parse(body.container);
  const parent: unknown = message?.['thread_ts'] ?? container.thread_ts;
  const place = placeOf({
    teamId: team?.id ?? user.team_id ?? '',
    channel: channel?.id ?? container.channel_id ?? user.id,
    threadTs: typeof parent === 'string' && parent !== message?.ts ? parent : null,
    userId: user.id,
    responseUrl: body.response_url ?? null,
    messageTs: container.is_ephemeral ? null : (message?.ts ?? container.message_ts ?? null),
  });
  return { id: body.trigger_id, place };
}
