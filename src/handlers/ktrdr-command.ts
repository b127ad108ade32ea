import type { App } from '@slack/bolt';
import { mistypedId, subjectsIn } from '../diagnosis/vocabulary/typed-ids.ts';
import type { Message } from '../formatters/message.ts';
import { formatHelp, SUB_COMMANDS } from '../formatters/reports/help.ts';
import type { Place } from '../jobs/requests.ts';
import { nearest } from '../language/nearest.ts';
import { bare, withoutTypography } from '../language/typography.ts';
import {
  answerPlace,
  diagnose,
  type HandlerContext,
  placeOf,
  type SlackInteraction,
  serve,
  whereAnswered,
} from './ask.ts';
import { readMute } from './mute-words.ts';
import { messageOf, type Notice, notice, plainTextOf } from './notice.ts';
import { readCommand, readDiagnose, readPlainWords } from './typed-text.ts';

export const COMMAND = '/ktrdr';

/** `rest` is what follows the sub-command's name; null when the channel shows the answer. */
type SubCommand = (rest: string, interaction: SlackInteraction, context: HandlerContext) => Promise<Message | null>;

const ANSWERS: Readonly<Record<string, SubCommand>> = {
  diagnose: diagnoseTyped,
  search: (rest, interaction, context) =>
    placed(interaction, context, (place) => context.services.search(interaction.id, rest, place)),
  failed: (rest, interaction, context) =>
    placed(interaction, context, (place) => context.services.failed(interaction.id, rest, place)),
  digest: (rest, interaction, context) =>
    serve(interaction, context, () => context.services.digest(interaction.id, rest, interaction.place)),
  alerts: (rest, interaction, context) =>
    serve(interaction, context, () => context.services.alerts(rest, interaction.place)),
  watch,
  recent,
  explain,
  mute,
  unmute: (rest, interaction, context) => mute(`${rest} off`, interaction, context),
  status: (_rest, interaction, context) =>
    serve(interaction, context, () => context.services.status(interaction.place)),
  help: async () => help(null),
};

/** They change or post something for a channel. */
const FOR_CHANNELS: readonly string[] = ['digest', 'alerts', 'mute', 'unmute'];

/** Neither is a mistyped sub-command. */
const THANKS: readonly string[] = ['thanks', 'thank', 'thx', 'ok', 'okay'];
const GREETINGS: readonly string[] = ['hi', 'hello', 'hey'];

const PRIVATE_FLAG = /(?<![\w=-])-{1,2}private(?:ly)?(?![\w=-])/gi;
const PRIVATE_WORD = /(?<![\w=-])_?private(?:ly)?_?(?![\w=-])/gi;

export const COMMAND_NAMES: readonly string[] = SUB_COMMANDS.map(({ name }) => name);

export function registerKtrdrCommand(app: App, context: HandlerContext): void {
  app.command(COMMAND, async ({ command, ack }) => {
    const { team_id: teamId, user_id: userId, response_url: responseUrl } = command;
    // The payload may lack it: then the answer goes to the person.
    const channel = command.channel_id ?? userId;
    const place = placeOf({ teamId, channel, userId, responseUrl });
    const { text, isPrivate } = readPrivacy(context.clean(command.text));
    const answer = await answerTo(text, { id: command.trigger_id, place, isPrivate }, context);
    if (answer === null) await ack();
    else await ack({ response_type: 'ephemeral', text: answer.text, blocks: [...answer.blocks] });
  });
}

/**
 * Whether only the requester may read the answer, and the text without the words that say so. The bare word counts as well,
 * except in searches, which may look for it: an answer that is hidden by mistake can be requested again, one that was shown
 * can't be taken back. What was typed has to be clean already: the header of a private key has the word as well.
 */
export function readPrivacy(typed: string): { readonly text: string; readonly isPrivate: boolean } {
  const plain = withoutTypography(typed);
  const flagless = plain.replaceAll(PRIVATE_FLAG, ' ');
  const { first } = readCommand(flagless);
  const isSearch = (first === 'search' || first === 'failed') && subjectsIn(flagless).length === 0;
  const text = isSearch ? flagless : flagless.replaceAll(PRIVATE_WORD, ' ');
  return { text, isPrivate: text !== plain };
}

/** The answer to what was typed after the command or a mention, cleaned; null when the channel shows it. */
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
  if (isCommand) return answer(first === 'digest' ? afterFirst(typed) : rest, interaction, context);
  // A text that starts with an id, even a mistyped one, or with “last” can mean nothing else.
  if (first === 'last' || subjectsIn(first).length > 0 || mistypedId(bare(all.split(' ', 1)[0] ?? '')) !== null)
    return diagnoseTyped(all, interaction, context);
  // “what failed today?” asks for a list.
  const isAboutAny = inWords?.subjects.some((subject) => subject.kind === 'last' && subject.type === null) === true;
  if (first === 'what' && isAboutAny && inWords.symptom === 'failed')
    return placed(interaction, context, (place) => context.services.failed(interaction.id, '', place));
  if (inWords !== null) return diagnose(interaction, inWords, context);
  if (THANKS.includes(first)) return null;
  if (GREETINGS.includes(first)) return help(null);
  const meant = nearest(first, COMMAND_NAMES);
  const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} ${meant}`}?`;
  return help(notice`There is no ${`${COMMAND} ${first}`}.${hint}`);
}

/** As it was typed: a cron pattern has stars. */
function afterFirst(typed: string): string {
  return withoutTypography(typed)
    .trim()
    .replace(/^\S+\s*/, '');
}

async function diagnoseTyped(
  rest: string,
  interaction: SlackInteraction,
  context: HandlerContext,
): Promise<Message | null> {
  const read = readDiagnose(rest);
  return read.kind === 'unclear' ? messageOf(read.notice) : diagnose(interaction, read, context);
}

/** For services that post a message of their own; says where that is if it is elsewhere. */
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

/** For the requester only: the answers themselves are where they were requested. */
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

/** Typed in a thread, it means the thread, unless the channel is named. */
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
  return formatHelp(problem === null ? null : plainTextOf(problem));
}
