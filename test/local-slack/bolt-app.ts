/** A tiny bot on the real Bolt, by either transport: command, placeholder, edit, thread, button, modal. */

import type { FakeSlack } from '@ktrdr-bot/local-slack';
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';

export interface TestBot {
  readonly actions: readonly string[];
  /** Events seen, by type and subtype. */
  readonly events: readonly { readonly name: string; readonly retryNum: number | undefined }[];
  /** Text of the messages that listeners saw. */
  readonly heard: readonly string[];
  failNextEvents(count: number): void;
  stop(): Promise<void>;
}

export async function startHttpBot(slack: FakeSlack): Promise<TestBot> {
  const receiver = new HTTPReceiver({
    signingSecret: slack.signingSecret,
    processBeforeResponse: true,
    logLevel: LogLevel.ERROR,
  });
  const bot = listen(slack, receiver);
  const server = await bot.app.start(0);
  const address = 'address' in server ? server.address() : null;
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  slack.connectBot({ kind: 'http', eventsUrl: `http://127.0.0.1:${port}/slack/events` });
  return {
    ...bot.api,
    async stop() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      await bot.app.stop();
    },
  };
}

export async function startSocketBot(slack: FakeSlack): Promise<TestBot> {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logLevel: LogLevel.ERROR,
    clientPingTimeout: 300,
    installerOptions: { clientOptions },
  });
  const bot = listen(slack, receiver);
  await bot.app.start();
  await slack.socketConnected();
  return {
    ...bot.api,
    async stop() {
      await receiver.client.disconnect();
    },
  };
}

function listen(
  slack: FakeSlack,
  receiver: InstanceType<typeof HTTPReceiver> | InstanceType<typeof SocketModeReceiver>,
) {
  const actions: string[] = [];
  const events: { name: string; retryNum: number | undefined }[] = [];
  const heard: string[] = [];
  let failures = 0;
  const app = new App({
    receiver,
    token: slack.team.botToken,
    logLevel: LogLevel.ERROR,
    convoStore: false,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  app.error(async (error) => {
    throw error;
  });

  app.command('/ktrdr', async ({ command, ack, client, respond }) => {
    if (command.text === 'silence') return;
    if (command.text === 'help') return ack({ text: 'Usage: `/ktrdr diagnose <id>`' });
    await ack();
    if (command.text === 'elsewhere') {
      await respond({ text: 'Invite me with /invite.', response_type: 'ephemeral' });
      return;
    }
    const text = `Looking at ${command.text}.`;
    const placeholder = await client.chat.postMessage({ channel: command.channel_id, text });
    const ts = String(placeholder.ts);
    const button = {
      type: 'button' as const,
      action_id: 'again',
      text: { type: 'plain_text' as const, text: 'Again' },
    };
    await client.chat.update({
      channel: command.channel_id,
      ts,
      text: 'Answer',
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: '*Answer*' } },
        { type: 'actions', elements: [{ ...button, value: 'op-1' }] },
      ],
    });
    await client.chat.postMessage({ channel: command.channel_id, thread_ts: ts, text: 'Details' });
  });

  app.action('again', async ({ ack, action, respond }) => {
    await ack();
    actions.push('value' in action ? String(action.value) : '');
    await respond({ text: 'Answer, again', replace_original: true });
  });

  app.shortcut('open_form', async ({ ack, shortcut, client }) => {
    await ack();
    const element = { type: 'plain_text_input' as const, action_id: 'id' };
    const label = { type: 'plain_text' as const, text: 'Operation id' };
    await client.views.open({
      trigger_id: shortcut.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'form',
        title: { type: 'plain_text', text: 'Diagnose' },
        submit: { type: 'plain_text', text: 'Go' },
        blocks: [{ type: 'input', block_id: 'operation', label, element }],
      },
    });
  });

  app.view('form', async ({ ack, view }) => {
    const id = view.state.values['operation']?.['id']?.value ?? '';
    if (!id.startsWith('op_')) return ack({ response_action: 'errors', errors: { operation: 'Not an id.' } });
    actions.push(id);
    await ack();
  });

  app.event(/.*/, async ({ event, context }) => {
    const subtype = 'subtype' in event && event.subtype !== undefined ? `.${event.subtype}` : '';
    events.push({ name: event.type + subtype, retryNum: context.retryNum });
    if (failures > 0) {
      failures -= 1;
      throw new Error('asked to fail');
    }
  });

  app.message(async ({ message }) => {
    if ('text' in message && message.text !== undefined) heard.push(message.text);
  });

  return {
    app,
    api: {
      actions,
      events,
      heard,
      failNextEvents(count: number) {
        failures = count;
      },
    },
  };
}
