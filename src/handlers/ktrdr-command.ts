import type { App } from '@slack/bolt';
import { formatHelp, SUB_COMMANDS } from '../formatters/help.ts';
import type { Message } from '../formatters/message.ts';
import { ask, type Desk, type Gesture, serve } from './ask.ts';
import { readMute } from './mute-words.ts';
import { nearest } from './near.ts';
import { messageOf, type Notice, notice, plainTextOf } from './notice.ts';
import { type Question, readCommand, readDiagnose, readPlainWords, subjectsIn } from './text.ts';

export const COMMAND = '/ktrdr';

/** `rest` is what stands behind the sub-command's name; null when the channel shows the answer. */
type Answer = (rest: string, gesture: Gesture, desk: Desk) => Promise<Message | null>;

/** The sub-commands that this version can do. Help shows these; the others are named as not available. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  diagnose,
  search: (rest, gesture, desk) => serve(gesture, desk, () => desk.services.search(gesture.id, rest, gesture.place)),
  failed: (rest, gesture, desk) => serve(gesture, desk, () => desk.services.failed(gesture.id, rest, gesture.place)),
  digest: (rest, gesture, desk) => serve(gesture, desk, () => desk.services.digest(gesture.id, rest, gesture.place)),
  watch,
  explain,
  mute,
  unmute: (rest, gesture, desk) => mute(`${rest} off`, gesture, desk),
  status: (_rest, gesture, desk) => serve(gesture, desk, () => desk.services.status()),
  help: async () => help(null),
};
const AVAILABLE = SUB_COMMANDS.filter(({ name }) => name in ANSWERS);

/** The sub-commands that help shows. */
export const COMMAND_NAMES: readonly string[] = AVAILABLE.map(({ name }) => name);

export function registerKtrdrCommand(app: App, desk: Desk): void {
  app.command(COMMAND, async ({ command, ack }) => {
    const gesture: Gesture = {
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
    const answer = await answerTo(command.text, gesture, desk);
    if (answer === null) await ack();
    else await ack({ response_type: 'ephemeral', text: answer.text, blocks: [...answer.blocks] });
  });
}

/** The answer to what was typed behind the command or behind a mention; null when the channel shows it. */
export async function answerTo(typed: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const { first, rest, all } = readCommand(typed);
  if (first === '') return help(null);
  const answer = Object.hasOwn(ANSWERS, first) ? ANSWERS[first] : undefined;
  const inWords = readPlainWords(all);
  // “help me, my training is stuck” asks about the training.
  const isAside = (first === 'help' || first === 'status') && inWords !== null;
  // “failed op_…?” asks about that operation.
  const isAboutOne = first === 'failed' && subjectsIn(rest).length > 0;
  if (answer !== undefined && !isAside && !isAboutOne)
    return answer(first === 'digest' ? behindFirst(typed) : rest, gesture, desk);
  // Nobody who begins with an id or with “last” means anything else by it.
  if (first === 'last' || subjectsIn(first).length > 0) return diagnose(all, gesture, desk);
  if (SUB_COMMANDS.some(({ name }) => name === first)) {
    return help(notice`${`${COMMAND} ${first}`} is not available in this version.`);
  }
  if (inWords !== null) return asked(inWords, gesture, desk);
  const meant = nearest(first, COMMAND_NAMES);
  const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} ${meant}`}?`;
  return help(notice`There is no ${`${COMMAND} ${first}`}.${hint}`);
}

/** As it was typed: a cron pattern has stars. */
function behindFirst(typed: string): string {
  return typed.trim().replace(/^\S+\s*/, '');
}

async function diagnose(rest: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const read = readDiagnose(rest);
  return read.kind === 'unclear' ? messageOf(read.notice) : asked(read, gesture, desk);
}

async function asked(question: Question, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const answer = await ask(gesture, question.subjects, question.symptom, desk);
  return answer.queued ? answer.message : messageOf(answer.notice);
}

async function watch(rest: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const read = readDiagnose(rest);
  const subject = read.kind === 'question' ? read.subjects[0] : undefined;
  if (subject?.kind !== 'operation') {
    return messageOf(
      notice`Say which operation to watch, by its id: ${`${COMMAND} watch op_training_20260109_060025_4183136f`}.`,
    );
  }
  return serve(gesture, desk, () => desk.services.watch(gesture.id, subject.operationId, gesture.place));
}

async function explain(rest: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const cause = rest.toLowerCase();
  return serve(gesture, desk, async () => {
    const found = desk.services.explain(cause);
    if (found !== null) return found;
    const meant = nearest(cause, desk.services.causeNames());
    const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} explain ${meant}`}?`;
    return messageOf(notice`${rest} is not a cause that I know.${hint} ${`${COMMAND} explain`} lists them.`);
  });
}

/** In a thread it is the thread that is meant, unless the channel is named. */
async function mute(rest: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const wish = readMute(rest);
  if (wish.kind === 'unclear') {
    return messageOf(
      notice`I do not understand ${wish.word}. For example ${`${COMMAND} mute channel for 2h`} or ${`${COMMAND} mute off`}; in a thread, mention me with ${'mute'}.`,
    );
  }
  const { teamId, channel } = gesture.place;
  const threadTs = wish.where === 'channel' ? null : (gesture.typedInThread ?? null);
  if (wish.where === 'thread' && threadTs === null) {
    return messageOf(notice`Slash commands do not know threads. Mention me in the thread, with ${'mute'}.`);
  }
  const target = { teamId, channel, threadTs };
  return serve(gesture, desk, () =>
    wish.kind === 'mute' ? desk.services.mute(target, wish.forMs) : desk.services.unmute(target),
  );
}

function help(problem: Notice | null): Message {
  return formatHelp(problem === null ? null : plainTextOf(problem), AVAILABLE, COMMAND);
}
