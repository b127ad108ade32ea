import type { App } from '@slack/bolt';
import { mistypedId, subjectsIn } from '../diagnosis/vocabulary/typed-ids.ts';
import type { Message } from '../formatters/message.ts';
import { formatHelp, formatUsage, SUB_COMMANDS } from '../formatters/reports/help.ts';
import type { Place } from '../jobs/requests.ts';
import { closest, nearest } from '../language/nearest.ts';
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
import { failuresAskedIn } from './failure-list.ts';
import { readMute } from './mute-words.ts';
import { messageOf, type Notice, notice, withProblem } from './notice.ts';
import { smallTalkIn } from './small-talk.ts';
import { isHelpOption, isPrivateOption, takeOptions, unknownOptions } from './typed-options.ts';
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
  help: async () => formatHelp(),
};

/** Sub-commands that change or post something for a channel. */
const FOR_CHANNELS: readonly string[] = ['digest', 'alerts', 'mute', 'unmute'];
/** Sub-commands that report unknown options themselves. */
const WITH_CONDITIONS: readonly string[] = ['search', 'failed'];

const PRIVATE_WORD = /(?<![\w=-])_?private(?:ly)?_?(?![\w=-])/gi;

const COMMAND_NAMES: readonly string[] = SUB_COMMANDS.map(({ name }) => name);

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
 * Whether the answer is for the requester only, and the text without the words that request this. The bare word `private` also
 * counts, except in searches, which may look for it: an answer hidden by mistake can be requested again, but one that was shown
 * can't be taken back. Secrets must already be removed from the text, because the header of a private key also contains the
 * word.
 */
export function readPrivacy(typed: string): { readonly text: string; readonly isPrivate: boolean } {
  const plain = withoutTypography(typed);
  const flagless = plain.replaceAll(/(?<![\w=-])-{1,2}\w+(?![\w=-])/g, (word) => (isPrivateOption(word) ? ' ' : word));
  const { first } = readCommand(flagless);
  const isSearch = (first === 'search' || first === 'failed') && subjectsIn(flagless).length === 0;
  const text = isSearch ? flagless : flagless.replaceAll(PRIVATE_WORD, ' ');
  return { text, isPrivate: text !== plain };
}

/**
 * The answer to what was typed after the command or a mention, cleaned; null when the channel shows it. Unknown options are
 * reported: a read-only command still runs, but one that changes something for others doesn't.
 */
export async function answerTo(
  typed: string,
  interaction: SlackInteraction,
  context: HandlerContext,
): Promise<Message | null> {
  const { text, options } = takeOptions(withoutTypography(typed));
  const command = commandIn(text);
  if (command === null || WITH_CONDITIONS.includes(command)) return answerWithoutOptions(typed, interaction, context);
  if (options.length === 0) return answerWithoutOptions(text, interaction, context);
  if (options.some(isHelpOption)) return formatUsage(command) ?? formatHelp();
  const problem = messageOf(unknownOptions(options, command));
  if (FOR_CHANNELS.includes(command)) return problem;
  return withProblem(problem, await answerWithoutOptions(text, interaction, context));
}

/** The sub-command that handles the text; null when none does. */
function commandIn(text: string): string | null {
  const { first, all } = readCommand(text);
  if (first === '') return null;
  if (subjectsIn(all).length > 0 && !(Object.hasOwn(ANSWERS, first) && first !== 'failed')) return 'diagnose';
  if (Object.hasOwn(ANSWERS, first)) return first;
  return first === 'last' || readPlainWords(all) !== null ? 'diagnose' : null;
}

async function answerWithoutOptions(
  typed: string,
  interaction: SlackInteraction,
  context: HandlerContext,
): Promise<Message | null> {
  const { first, rest, all } = readCommand(typed);
  // A lone question mark also asks for help.
  if (/^[?\s]*$/.test(typed)) return formatHelp();
  const answer = Object.hasOwn(ANSWERS, first) ? ANSWERS[first] : undefined;
  const inWords = readPlainWords(all);
  // “help me, my training is stuck” asks about the training.
  const isAside = (first === 'help' || first === 'status') && inWords !== null;
  // “failed op_…?” asks about that operation.
  const isAboutOne = first === 'failed' && subjectsIn(rest).length > 0;
  const isCommand = answer !== undefined && !isAside && !isAboutOne;
  if (isCommand && interaction.isPrivate === true && FOR_CHANNELS.includes(first))
    return messageOf(notice`${`${COMMAND} ${first}`} applies to a channel, so it can’t be private.`);
  if (isCommand) return answer(first === 'digest' ? afterFirst(typed) : rest, interaction, context);
  // Text that starts with an ID, even a mistyped one, or with “last” is always a diagnosis request.
  if (first === 'last' || subjectsIn(first).length > 0 || mistypedId(bare(all.split(' ', 1)[0] ?? '')) !== null)
    return diagnoseTyped(all, interaction, context);
  const failures = failuresAskedIn(all, inWords, context.clock() / 1000);
  if (failures !== null)
    return placed(interaction, context, (place) => context.services.failed(interaction.id, failures, place));
  // “serach failed” is a mistyped command, not a question about what failed.
  const isMistyped = answer === undefined && nearest(first, COMMAND_NAMES) !== null && subjectsIn(all).length === 0;
  if (inWords !== null && !isMistyped) return diagnose(interaction, inWords, context);
  return withoutRequest(typed, first, interaction);
}

/** Replies to thanks, a greeting, or text that isn't understood. */
async function withoutRequest(typed: string, first: string, { react }: SlackInteraction): Promise<Message | null> {
  const isWordless = !/[\p{L}\p{N}]/u.test(typed);
  switch (smallTalkIn(typed) ?? (isWordless ? 'greeting' : null)) {
    case 'thanks':
      return react !== undefined && (await react()) ? null : messageOf(notice`You’re welcome.`);
    case 'greeting':
      return messageOf(
        notice`Hi. Send an operation ID, or ${'last training'}, to find out why it failed, is slow, or hangs. ${'help'} lists everything else.`,
      );
    case null:
      return messageOf(notUnderstood(first));
  }
}

/** One line, because the full help would hide the message. */
function notUnderstood(first: string): Notice {
  const words = SUB_COMMANDS.flatMap(({ name, synonyms }) => [name, ...synonyms].map((word) => ({ word, name })));
  const meant = closest(
    first,
    words.map(({ word }) => word),
  );
  const name = words.find(({ word }) => word === meant)?.name;
  const command = SUB_COMMANDS.find((known) => known.name === name);
  const others = notice`${`${COMMAND} help`} lists all commands.`;
  if (command === undefined)
    return notice`${first} isn’t a command. For example: ${`${COMMAND} diagnose last training`}. ${others}`;
  const [example] = command.examples;
  const hint = example === command.name ? notice`` : notice` For example: ${`${COMMAND} ${example}`}.`;
  return notice`${first} isn’t a command. Did you mean ${`${COMMAND} ${command.name}`}?${hint} ${others}`;
}

/** Kept as typed, because a cron pattern contains asterisks. */
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
  if (read.kind === 'unclear') return messageOf(read.notice);
  const answer = await diagnose(interaction, read, context);
  return read.unread === undefined ? answer : withProblem(messageOf(read.unread), answer);
}

/** For services that post their own message; points to it if it is elsewhere. */
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
      notice`To watch an operation, give its ID: ${`${COMMAND} watch op_training_20260109_060025_4183136f`}.`,
    );
  }
  return placed(interaction, context, (place) => context.services.watch(interaction.id, subject.operationId, place));
}

async function explain(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const words = rest.toLowerCase();
  return serve(interaction, context, async () => {
    const found = context.services.explain(words);
    if (found !== null) return found;
    const meant = closest(words, context.services.causeNames());
    const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} explain ${meant}`}?`;
    return messageOf(notice`No cause matches ${rest}.${hint} ${`${COMMAND} explain`} lists them all.`);
  });
}

/** For the requester only, because the answers themselves are where they were requested. */
async function recent(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const isAboutFailures = /^(?:failures?|failed|all|everybody)$/i.test(rest);
  if (rest !== '' && !isAboutFailures && !/^(?:mine|me|my)$/i.test(rest))
    return messageOf(notice`${rest} isn’t valid here. Use ${`${COMMAND} recent`} or ${`${COMMAND} recent failures`}.`);
  return serve(interaction, context, () =>
    context.services.recent(isAboutFailures ? 'failures' : 'mine', answerPlace(interaction)),
  );
}

/** In a thread, it applies to the thread unless the channel is named. */
async function mute(rest: string, interaction: SlackInteraction, context: HandlerContext): Promise<Message | null> {
  const request = readMute(rest);
  switch (request.kind) {
    case 'unclear':
      return messageOf(
        notice`${request.word} isn’t valid here. Use ${`${COMMAND} mute channel for 2h`} or ${`${COMMAND} mute off`}. In a thread, mention ktrdr-bot with ${'mute thread'}.`,
      );
    case 'not-a-duration':
      return messageOf(notice`${request.word} isn’t a duration. Use ${'30m'}, ${'24h'}, or ${'7d'}.`);
    case 'too-short':
    case 'too-long': {
      const reason = request.kind === 'too-short' ? 'too short' : 'too long';
      return messageOf(
        notice`${request.word} is ${[reason]} for a mute. Use ${'1m'} to ${'30d'}, for example ${'2h'}.`,
      );
    }
    case 'list':
      return serve(interaction, context, () => context.services.mutes(interaction.place));
    case 'mute':
    case 'unmute':
      return changeMute(request, interaction, context);
  }
}

async function changeMute(
  request: Extract<ReturnType<typeof readMute>, { kind: 'mute' | 'unmute' }>,
  interaction: SlackInteraction,
  { services, ...context }: HandlerContext,
): Promise<Message | null> {
  const { id, place, typedInThread = null } = interaction;
  const threadTs = request.where === 'channel' ? null : typedInThread;
  if (request.where === 'thread' && threadTs === null)
    return messageOf(
      notice`Slash commands don’t work in threads. To mute a thread, mention ktrdr-bot in the thread with ${'mute thread'}.`,
    );
  const target = { ...place, threadTs };
  return serve(interaction, { services, ...context }, () =>
    request.kind === 'mute'
      ? services.mute(id, { ...target, messageTs: null }, request.forMs)
      : services.unmute(id, target),
  );
}
