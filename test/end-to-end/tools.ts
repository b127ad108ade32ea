/** What the tests of the conversation look for. */
import type { FakeSlack, Message } from '@ktrdr-bot/local-slack';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { lintMessage } from '../support/message-linter.ts';
import { postsIn } from './world.ts';

export const JAEGER = 'https://jaeger.example.com';
export const GRAFANA = 'https://grafana.example.com';

/** Everything that the bot wrote and that a reader would stumble over, ephemeral messages included. */
export function lintedProblems(slack: FakeSlack, hostileInputs: readonly string[] = []): readonly string[] {
  const hosts = [JAEGER, GRAFANA, `https://${slack.team.domain}.slack.com`].map((url) => new URL(url).host);
  return [...slack.store.channels.keys()]
    .flatMap((channel) => slack.messages(channel))
    .filter(({ botId, files }) => botId === slack.team.botId && files.length === 0)
    .flatMap(({ text, blocks }) =>
      lintMessage({ text, blocks: blocks as never }, { hosts, knownActions: ACTION_IDS, hostileInputs }).map(
        (problem) => `${problem} In: ${text.slice(0, 60)}`,
      ),
    );
}

export function latest(slack: FakeSlack, { channel, ts }: Message): Message {
  const message = slack.message(channel, ts);
  if (message === null) throw new Error('The message is gone.');
  return message;
}

/** What only this person sees and says so. */
export function toldTo(slack: FakeSlack, userId: string, words: string | RegExp): Promise<Message> {
  return slack.waitForMessage(
    (message) =>
      message.ephemeralFor === userId &&
      (typeof words === 'string' ? message.text.includes(words) : words.test(message.text)),
  );
}

/** The first answer of the bot in a thread. */
export function replyIn(slack: FakeSlack, { channel, ts }: Message, words: string): Promise<Message> {
  return slack.waitForMessage(
    (message) =>
      message.channel === channel &&
      message.threadTs === ts &&
      message.botId === slack.team.botId &&
      JSON.stringify([message.text, message.blocks]).includes(words),
  );
}

export function repliesOf(slack: FakeSlack, { channel, ts }: Message): readonly Message[] {
  return postsIn(slack, channel).filter(({ threadTs }) => threadTs === ts);
}
