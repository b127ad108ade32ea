import type { WebClient } from '@slack/web-api';
import type { Message } from '../formatters/message.ts';
import type { Services } from '../jobs/services.ts';
import type { HandlerContext } from './ask.ts';

/** Publishes the current tab; `answer` is the reply to a click on it. */
export async function publishHome(
  client: WebClient,
  reader: Parameters<Services['home']>[0],
  { services }: Pick<HandlerContext, 'services'>,
  answer: Message | null = null,
): Promise<void> {
  const blocks = await services.home(reader, answer);
  await client.views.publish({
    user_id: reader.userId,
    view: { type: 'home', blocks: [...blocks] },
  });
}
