import type { App } from '@slack/bolt';
import { formatHelp, SUB_COMMANDS } from '../formatters/help.ts';
import type { Message } from '../formatters/message.ts';
import { ask, type Desk, type Gesture } from './ask.ts';
import { nearest } from './near.ts';
import { messageOf, type Notice, notice, plainTextOf } from './notice.ts';
import { readCommand, readDiagnose, subjectsIn } from './text.ts';

export const COMMAND = '/ktrdr';

/** `rest` is what stands behind the sub-command's name; null when the channel shows the answer. */
type Answer = (rest: string, gesture: Gesture, desk: Desk) => Promise<Message | null>;

/** The sub-commands that this version can do. Help shows these; the others are named as not available. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  diagnose,
  help: async () => help(null),
};
const AVAILABLE = SUB_COMMANDS.filter(({ name }) => name in ANSWERS);

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

async function answerTo(typed: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const { first, rest, all } = readCommand(typed);
  if (first === '') return help(null);
  const answer = Object.hasOwn(ANSWERS, first) ? ANSWERS[first] : undefined;
  if (answer !== undefined) return answer(rest, gesture, desk);
  // Nobody who begins with an id or with “last” means anything else by it.
  if (first === 'last' || subjectsIn(first).length > 0) return diagnose(all, gesture, desk);
  if (SUB_COMMANDS.some(({ name }) => name === first)) {
    return help(notice`${`${COMMAND} ${first}`} is not available in this version.`);
  }
  const meant = nearest(first, Object.keys(ANSWERS));
  const hint = meant === null ? notice`` : notice` Did you mean ${`${COMMAND} ${meant}`}?`;
  return help(notice`There is no ${`${COMMAND} ${first}`}.${hint}`);
}

async function diagnose(rest: string, gesture: Gesture, desk: Desk): Promise<Message | null> {
  const read = readDiagnose(rest);
  if (read.kind === 'unclear') return messageOf(read.notice);
  const { notice: said } = await ask(gesture, read.subjects, read.symptom, desk);
  return said === null ? null : messageOf(said);
}

function help(problem: Notice | null): Message {
  return formatHelp(problem === null ? null : plainTextOf(problem), AVAILABLE, COMMAND);
}
