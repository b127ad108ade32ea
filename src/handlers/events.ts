/** Events: mentions, messages, shared links, and openings of the Home tab. */
import type { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { ask, type HandlerContext, placeOf, reply, type SlackInteraction } from './ask.ts';
import { publishHome } from './home-tab.ts';
import { answerTo, readPrivacy } from './ktrdr-command.ts';
import { linkedSubjects, pastedSubjects } from './typed-text.ts';

const messageSchema = z.object({
  channel: z.string(),
  channel_type: z.string().optional(),
  user: z.string().optional(),
  text: z.string().default(''),
  ts: z.string(),
  thread_ts: z.string().optional(),
  client_msg_id: z.string().optional(),
  subtype: z.string().optional(),
  bot_id: z.string().optional(),
  hidden: z.boolean().optional(),
});
type MessageEvent = z.infer<typeof messageSchema>;

const linksSchema = z.object({
  channel: z.string(),
  user: z.string().optional(),
  message_ts: z.string(),
  thread_ts: z.string().optional(),
  source: z.string().optional(),
  links: z.array(z.object({ url: z.string() })).default([]),
});

const homeSchema = z.object({ tab: z.literal('home'), user: z.string() });

const bodySchema = z.object({
  team_id: z.string().catch(''),
  is_ext_shared_channel: z.boolean().catch(false),
  authorizations: z.array(z.object({ user_id: z.string() })).catch([]),
});

/** Subtypes of messages by people; edits, joins, and messages of programs aren't answered. */
const BY_PEOPLE: readonly (string | undefined)[] = [undefined, 'thread_broadcast', 'file_share'];
const MOST_PREVIEWS = 3;

export function registerEvents(app: App, context: HandlerContext): void {
  app.event('app_mention', async ({ event, body, client }) => {
    const message = byPerson(event);
    if (message === null) return;
    await answer(message, { body, client }, context);
  });

  app.event('message', async ({ event, body, client }) => {
    const message = byPerson(event);
    if (message === null) return;
    if (message.channel_type === 'im') return answer(message, { body, client }, context);
    // A mention also arrives as an `app_mention`.
    if (botUserOf(body) !== null && message.text.includes(`<@${botUserOf(body)}>`)) return;
    await answerPasted(message, body, context);
  });

  app.event('link_shared', async ({ event, body }) => {
    const shared = linksSchema.safeParse(event).data;
    const envelope = bodySchema.parse(body);
    // A message that is being composed doesn't exist yet; the event comes again when it is sent.
    if (shared === undefined || shared.source === 'composer' || envelope.is_ext_shared_channel) return;
    // In these channels the answer in the thread says more than a preview.
    if (repliesByItself(shared.channel, context)) return;
    const place = { teamId: envelope.team_id, channel: shared.channel, threadTs: shared.thread_ts ?? null };
    const links = shared.links.flatMap(({ url }) => {
      const subject = linkedSubjects(url, context.jaegerHost)[0];
      return subject === undefined ? [] : [{ url, subject }];
    });
    if (links.length === 0) return;
    await context.services.preview({ ...place, ts: shared.message_ts }, links.slice(0, MOST_PREVIEWS));
  });

  app.event('app_home_opened', async ({ event, body, client }) => {
    const opened = homeSchema.safeParse(event).data;
    if (opened === undefined) return;
    const { team_id: teamId } = bodySchema.parse(body);
    await publishHome(client, { teamId, userId: opened.user }, context);
  });
}

async function answer(
  event: MessageEvent,
  { body, client }: { readonly body: unknown; readonly client: WebClient },
  context: HandlerContext,
): Promise<void> {
  const { text, isPrivate } = readPrivacy(context.clean(withoutMention(event.text, body)));
  const react = () => addReaction(event, client, context);
  const interaction = { ...interactionOf(event, body), isPrivate, react };
  const message = await answerTo(text, interaction, context);
  if (message !== null) await reply(interaction, message, context);
}

/**
 * Earlier installations lack the scope for reactions. Then only a direct conversation gets a text reply, which would be noise
 * in a channel.
 */
async function addReaction(
  { channel, ts, channel_type: kind }: MessageEvent,
  client: WebClient,
  { log }: HandlerContext,
): Promise<boolean> {
  try {
    await client.reactions.add({ channel, timestamp: ts, name: 'thumbsup' });
    return true;
  } catch (err) {
    log.info({ err }, 'Slack did not take a reaction');
    return kind !== 'im';
  }
}

/** Doesn't reply itself; the worker replies if the operation is known. */
async function answerPasted(message: MessageEvent, body: unknown, context: HandlerContext): Promise<void> {
  const envelope = bodySchema.parse(body);
  if (!repliesByItself(message.channel, context) || envelope.is_ext_shared_channel) return;
  const subjects = pastedSubjects(message.text, context.jaegerHost);
  if (subjects.length === 0) return;
  const asked = await ask(interactionOf(message, body), { subjects, symptom: null }, context, { isQuiet: true });
  // Without an acknowledgement, Slack redelivers it, perhaps when the queue is back.
  if (!asked.queued) throw new Error('A pasted id could not be queued.');
}

function repliesByItself(channel: string, { autoReplyChannels }: HandlerContext): boolean {
  return autoReplyChannels.includes('*') || autoReplyChannels.includes(channel);
}

function byPerson(event: unknown): MessageEvent | null {
  const message = messageSchema.safeParse(event).data ?? null;
  if (message === null || message.user === undefined || message.bot_id !== undefined) return null;
  return message.hidden !== true && BY_PEOPLE.includes(message.subtype) ? message : null;
}

/**
 * One message can arrive as two events and as several deliveries; all of them get the same id, so that the queue takes it
 * once. The answer goes to the thread of the message, and in a direct conversation below it.
 */
function interactionOf(message: MessageEvent, body: unknown): SlackInteraction {
  const { channel, ts, thread_ts: threadTs, client_msg_id: clientId, user: userId = '' } = message;
  return {
    id: `message ${clientId ?? `${channel} ${ts}`}`,
    place: placeOf({
      teamId: bodySchema.parse(body).team_id,
      channel,
      threadTs: threadTs ?? (message.channel_type === 'im' ? null : ts),
      userId,
    }),
    isEvent: true,
    ...(threadTs === undefined ? {} : { typedInThread: threadTs }),
  };
}

function withoutMention(text: string, body: unknown): string {
  const bot = botUserOf(body);
  return bot === null ? text : text.replaceAll(new RegExp(`<@${bot}(?:\\|[^<>]*)?>`, 'g'), ' ').trim();
}

function botUserOf(body: unknown): string | null {
  return bodySchema.parse(body).authorizations[0]?.user_id ?? null;
}
