import type { App } from '@slack/bolt';
import type { Message } from '../formatters/message.ts';
import { formatHelp, SUB_COMMANDS } from '../formatters/reports/help.ts';
import type { Place } from '../jobs/requests.ts';
import { nearest } from '../language/nearest.ts';
import { answerPlace, ask, type HandlerContext, type SlackInteraction, serve, whereAnswered } from './ask.ts';
import { readMute } from './mute-words.ts';
import { messageOf, type Notice, notice, plainTextOf } from './notice.ts';
import { LONGEST_TEXT, type Question, readCommand, readDiagnose, readPlainWords, subjectsIn } from './text.ts';

export const COMMAND = '/ktrdr';

/** `rest` is what stands behind the sub-command's name; null when the channel shows the answer. */
type Answer = (rest: string, interaction: SlackInteraction, context: HandlerContext) => Promise<Message | null>;

/** The sub-commands that this version can do. Help shows these; the others are named as not available. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  diagnose,
  search: (rest, interaction, context) =>
    placed(interaction, context, (place) => context.services.search(interaction.id, rest, place)),
  failed: (rest, interaction, context) =>
    placed(interaction, context, (place) => context.services.failed(interaction.id, rest, place)),
  digest: (rest, interaction, context) =>
    serve(interaction, context, () => context.services.digest(interaction.id, rest, interaction.place)),
  watch,
  recent,
  explain,
  mute,
  unmute: (rest, interaction, context) => mute(`${rest} off`, interaction, context),
  status: (_rest, interaction, context) =>
    serve(interaction, context, () => context.services.status(interaction.place.teamId)),
  help: async () => help(null),
};
const AVAILABLE = SUB_COMMANDS.filter(({ name }) => name in ANSWERS);

/** What they change or post is for a channel. */
const FOR_CHANNELS: readonly string[] = ['digest', 'mute', 'unmute'];

/** In a conversation people are polite; neither is a sub-command that they got wrong. */
const THANKS: readonly string[] = ['thanks', 'thank', 'thx', 'ok', 'okay'];
const GREETINGS: readonly string[] = ['hi', 'hello', 'hey'];

const PRIVATE_FLAG = /(?<!\S)[-\u2010-\u2015\u2212]{1,2}private(?:ly)?(?!\S)/gi;
const PRIVATE_WORD = /(?<![\w=-])private(?:ly)?(?![\w=-])/gi;

/** The sub-commands that help shows. */
export const COMMAND_NAMES: readonly string[] = AVAILABLE.map(({ name }) => name);

export function registerKtrdrCommand(app: App, context: HandlerContext): void {
  app.command(COMMAND, async ({ command, ack }) => {
    const interaction: SlackInteraction = {
      id: command.trigger_id,
      userTeamId: null,
      place: {
        teamId: command.team_id,
        channel: command.channel_id,
        threadTs: null,
        userId: command.user_id,
        responseUrl: command.response_url,
        messageTs: null,
      },
    };
    const { text, isPrivate } = readPrivacy(command.text);
    const answer = await answerTo(text, { ...interaction, isPrivate }, context);
    if (answer === null) await ack();
    else await ack({ response_type: 'ephemeral', text: answer.text, blocks: [...answer.blocks] });
  });
}

/**
 * Whether only the asker is to read the answer, and what was typed without the words that say so. But for searches, which may
 * look for it, the bare word counts as well: an answer that is hidden by mistake is asked for again, one that is shown cannot
 * be taken back.
 */
export function readPrivacy(typed: string): { readonly text: string; readonly isPrivate: boolean } {
  const flagless = typed.slice(0, LONGEST_TEXT).replaceAll(PRIVATE_FLAG, ' ');
  const { first } = readCommand(flagless);
  const isSearch = (first === 'search' || first === 'failed') && subjectsIn(flagless).length === 0;
  const text = isSearch ? flagless : flagless.replaceAll(PRIVATE_WORD, ' ');
  return { text, isPrivate: text !== typed.slice(0, LONGEST_TEXT) };
}

/** The answer to what was typed behind the command or behind a mention; null when the channel shows it. */
export async function answerTo(
  typed: string,
  interaction: SlackInteraction,
  context: HandlerContext,
): Promise<Message | null> {
  const { first, rest, all } = readCommand(typed);
  if (first === '') return help(null);
  const answer = Object.hasOwn(ANSWERS, first) ? ANSWERS[first] : undefined;
  const inWords = readPlainWords(all);
  // “help me, my training is stuck” asks about the training.
  const isAside = (first === 'help' || first === 'status') && inWords !== null;
  // “failed op_…?” asks about that operation.
  const isAboutOne = first === 'failed' && subjectsIn(rest).length > 0;
  const isCommand = answer !== undefined && !isAside && !isAboutOne;
  if (isCommand && interaction.isPrivate === true && FOR_CHANNELS.includes(first))
    return messageOf(notice`${`${COMMAND} ${first}`} concerns a channel and cannot be private.`);
  if (isCommand) return answer(first === 'digest' ? behindFirst(typed) : rest, interaction, context);
  // Nobody who begins with an id or with “last” means anything else by it.
  if (first === 'last' || subjectsIn(first).length > 0) return diagnose(all, interaction, context);
  if (SUB_COMMANDS.some(({ name }) => name === first)) {
    return help(notice`${`${COMMAND} ${first}`} is not available in this version.`);
  }
  // “what failed today?” asks for a list.
  const isAboutAny = inWords?.subjects.some((subject) => subject.kind === 'last' && subject.type === null) === true;
  if (first === 'what' && isAboutAny && inWords.symptom === 'failed')
    return placed(interaction, context, (place) => context.services.failed(interaction.id, '', place));
  if (inWords !== null) return asked(inWords, interaction, context);
  if (THANKS.includes(first)) return null;
  if (GREETINGS.includes(first)) return help(null);
  const meant = nearest(first, COMMAND_NAMES);
  const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} ${meant}`}?`;
  return help(notice`There is no ${`${COMMAND} ${first}`}.${hint}`);
}

/** As it was typed: a cron pattern has stars. */
function behindFirst(typed: string): string {
  return typed
    .slice(0, LONGEST_TEXT)
    .trim()
    .replace(/^\S+\s*/, '');
}

async function diagnose(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const read = readDiagnose(rest);
  return read.kind === 'unclear' ? messageOf(read.notice) : asked(read, interaction, context);
}

async function asked(
  question: Question,
  interaction: SlackInteraction,
  context: HandlerContext,
): Promise<Message | null> {
  const answer = await ask(interaction, question.subjects, question.symptom, context);
  return answer.queued ? answer.message : messageOf(answer.notice);
}

/** For what is answered by a message of its own; says where that is when it is elsewhere. */
async function placed(
  interaction: SlackInteraction,
  context: HandlerContext,
  act: (place: Place) => Promise<Message | null>,
): Promise<Message | null> {
  return serve(interaction, context, async () => (await act(answerPlace(interaction))) ?? whereAnswered(interaction));
}

async function watch(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const read = readDiagnose(rest);
  const subject = read.kind === 'question' ? read.subjects[0] : undefined;
  if (subject?.kind !== 'operation') {
    return messageOf(
      notice`Say which operation to watch, by its id: ${`${COMMAND} watch op_training_20260109_060025_4183136f`}.`,
    );
  }
  return placed(interaction, context, (place) => context.services.watch(interaction.id, subject.operationId, place));
}

async function explain(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const cause = rest.toLowerCase();
  return serve(interaction, context, async () => {
    const found = context.services.explain(cause);
    if (found !== null) return found;
    const names = context.services.causeNames();
    const meant = nearest(cause, names) ?? names.find((name) => name.startsWith(cause)) ?? null;
    const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} explain ${meant}`}?`;
    return messageOf(notice`${rest} is not a cause that I know.${hint} ${`${COMMAND} explain`} lists them.`);
  });
}

/** For the asker alone: the answers themselves stand where they were asked for. */
async function recent(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const isAboutFailures = /^(?:failures?|failed|all|everybody)$/i.test(rest);
  if (rest !== '' && !isAboutFailures && !/^(?:mine|me|my)$/i.test(rest))
    return messageOf(
      notice`I do not understand ${rest}. For example ${`${COMMAND} recent`} or ${`${COMMAND} recent failures`}.`,
    );
  return serve(interaction, context, () =>
    context.services.recent(isAboutFailures ? 'failures' : 'mine', answerPlace(interaction)),
  );
}

/** In a thread it is the thread that is meant, unless the channel is named. */
async function mute(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const request = readMute(rest);
  if (request.kind === 'unclear') {
    return messageOf(
      notice`I do not understand ${request.word}. For example ${`${COMMAND} mute channel for 2h`} or ${`${COMMAND} mute off`}; in a thread, mention me with ${'mute'}.`,
    );
  }
  if (request.kind === 'not-a-duration')
    return messageOf(notice`${request.word} isn’t a duration. Use ${'30m'}, ${'24h'}, or ${'7d'}.`);
  if (request.kind === 'too-short')
    return messageOf(notice`${request.word} is too short for a mute. Use ${'1m'} to ${'30d'}, for example ${'2h'}.`);
  if (request.kind === 'list') return serve(interaction, context, () => context.services.mutes(interaction.place));
  const { teamId, channel, userId } = interaction.place;
  const threadTs = request.where === 'channel' ? null : (interaction.typedInThread ?? null);
  if (request.where === 'thread' && threadTs === null) {
    return messageOf(notice`Slash commands do not know threads. Mention me in the thread, with ${'mute'}.`);
  }
  const target = { teamId, channel, threadTs };
  return serve(interaction, context, () =>
    request.kind === 'mute' ? context.services.mute(target, request.forMs, userId) : context.services.unmute(target),
  );
}

function help(problem: Notice | null): Message {
  return formatHelp(problem === null ? null : plainTextOf(problem), AVAILABLE, COMMAND);
}
