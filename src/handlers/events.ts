/** What the bot is told of without being called by a command: mentions, messages, links, and a look at its Home tab. */
import type { App } from '@slack/bolt';
import { z } from 'zod';
import type { Subject } from '../diagnosis/case.ts';
import type { Place } from '../jobs/requests.ts';
import { ask, type HandlerContext, reply, type SlackInteraction } from './ask.ts';
import { publishHome } from './home-tab.ts';
import { answerTo, readPrivacy } from './ktrdr-command.ts';
import { linkedSubjects, pastedSubjects } from './pasted.ts';

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
  user_team: z.string().optional(),
  team: z.string().optional(),
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

const homeSchema = z.object({ tab: z.literal('home'), user: z.string(), channel: z.string() });

const bodySchema = z.object({
  team_id: z.string().catch(''),
  is_ext_shared_channel: z.boolean().catch(false),
  authorizations: z.array(z.object({ user_id: z.string() })).catch([]),
});

/** A message by a person; edits, joins, and everything that programs write are not answered. */
const BY_PEOPLE: readonly (string | undefined)[] = [undefined, 'thread_broadcast', 'file_share'];
const MOST_PREVIEWS = 3;

export function registerEvents(app: App, context: HandlerContext): void {
  app.event('app_mention', async ({ event, body }) => {
    const message = byPerson(event);
    if (message === null) return;
    await answer(message, body, withoutMention(message.text, body), context);
  });

  app.event('message', async ({ event, body }) => {
    const message = byPerson(event);
    if (message === null) return;
    if (message.channel_type === 'im') return answer(message, body, withoutMention(message.text, body), context);
    // The mention comes as an event of its own.
    if (botUserOf(body) !== null && message.text.includes(`<@${botUserOf(body)}>`)) return;
    await answerPasted(message, body, context);
  });

  app.event('link_shared', async ({ event, body }) => {
    const shared = linksSchema.safeParse(event).data;
    const envelope = bodySchema.parse(body);
    // What is being composed has no message yet; the event comes again when it is sent.
    if (shared === undefined || shared.source === 'composer' || envelope.is_ext_shared_channel) return;
    // There the answer in the thread says more than a preview.
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
    await publishHome(client, { teamId, userId: opened.user, readIn: opened.channel }, context);
  });
}

async function answer(message: MessageEvent, body: unknown, typed: string, context: HandlerContext): Promise<void> {
  const { text, isPrivate } = readPrivacy(typed);
  const interaction = { ...gestureOf(message, body), isPrivate };
  const said = await answerTo(text, interaction, context);
  if (said !== null) await reply(interaction, said, context);
}

/** Says nothing itself: what is not known is not talked about. */
async function answerPasted(message: MessageEvent, body: unknown, context: HandlerContext): Promise<void> {
  const envelope = bodySchema.parse(body);
  if (!repliesByItself(message.channel, context) || envelope.is_ext_shared_channel) return;
  const subjects: readonly Subject[] = pastedSubjects(message.text, context.jaegerHost);
  if (subjects.length === 0) return;
  const asked = await ask(gestureOf(message, body), subjects, null, context, { isQuiet: true });
  // Unacknowledged, it is delivered again when the queue is back.
  if (!asked.queued) throw new Error('A pasted id could not be queued.');
}

function repliesByItself(channel: string, { autoReplyChannels }: HandlerContext): boolean {
  return autoReplyChannels.includes('*') || autoReplyChannels.includes(channel);
}

/** Null unless a person wrote it. */
function byPerson(event: unknown): MessageEvent | null {
  const message = messageSchema.safeParse(event).data ?? null;
  if (message === null || message.user === undefined || message.bot_id !== undefined) return null;
  return message.hidden !== true && BY_PEOPLE.includes(message.subtype) ? message : null;
}

/**
 * One message can arrive as two events and as several deliveries; all of them are one gesture, so that the queue takes it
 * once. Answers stand in the thread of the message, and in a direct conversation where it goes on.
 */
function gestureOf(message: MessageEvent, body: unknown): SlackInteraction {
  const { channel, ts, thread_ts: threadTs, client_msg_id: clientId, user = '' } = message;
  const place: Place = {
    teamId: bodySchema.parse(body).team_id,
    channel,
    threadTs: threadTs ?? (message.channel_type === 'im' ? null : ts),
    userId: user,
    responseUrl: null,
    messageTs: null,
  };
  return {
    id: `message ${clientId ?? `${channel} ${ts}`}`,
    place,
    userTeamId: message.user_team ?? message.team ?? null,
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
