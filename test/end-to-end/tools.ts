/** What the tests of the conversation look for. */
import type { FakeSlack, JsonObject, Message, View } from '@ktrdr-bot/local-slack';
import { ACTION_IDS } from '../../src/handlers/buttons.ts';
import { lintMessage } from '../support/message-linter.ts';
import { objectsIn } from '../support/mrkdwn-linter.ts';
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

/** The action IDs of a message, in reading order. */
export function controlsOf({ blocks }: Message): readonly string[] {
  return textsOf(blocks, 'action_id');
}

/** The values of the menu below an answer, in reading order. */
export function menuOf({ blocks }: Message): readonly string[] {
  return objectsIn(blocks)
    .filter(({ type }) => type === 'overflow')
    .flatMap(({ options }) => textsOf(options, 'value'));
}

/** Chooses from the menu of an answer as it is now: `share` stands for `share:T0-1`. Resolves to what Slack sent. */
export async function choose(slack: FakeSlack, userId: string, answer: Message, name: string): Promise<JsonObject> {
  const value = menuOf(latest(slack, answer)).find((one) => one.split(':')[0] === name);
  if (value === undefined) throw new Error(`There is no choice ${name}.`);
  const { error, payload } = await slack.as(userId).click(answer, 'more', value);
  if (error !== null) throw new Error(error);
  return payload;
}

/** The form that this person sees. */
export function formOf(slack: FakeSlack, userId: string): View {
  const form = slack.as(userId).modal();
  if (form === null) throw new Error('No form was opened.');
  return form;
}

/** What the radio buttons of a form offer. */
export function offeredBy({ definition }: View): readonly string[] {
  return objectsIn(definition)
    .filter(({ type }) => type === 'radio_buttons')
    .flatMap(({ options }) => textsOf(options, 'value'));
}

/** Chooses in the form behind “Snooze or mute…”. */
export async function keepQuiet(slack: FakeSlack, userId: string, answer: Message, choice: string): Promise<void> {
  await choose(slack, userId, answer, 'quiet');
  const { error, errors } = await slack.as(userId).submit(formOf(slack, userId), { choice });
  if (error !== null || Object.keys(errors).length > 0) throw new Error(JSON.stringify([error, errors]));
}

function textsOf(value: unknown, key: string): readonly string[] {
  return objectsIn(value).flatMap((object) => {
    const text = object[key];
    return typeof text === 'string' ? [text] : [];
  });
}
