import type { WebClient } from '@slack/web-api';
import type { Message } from '../formatters/message.ts';
import type { HandlerContext } from './ask.ts';
import { COMMAND_NAMES } from './ktrdr-command.ts';

interface HomeReader {
  readonly teamId: string;
  readonly userId: string;
  /** The direct conversation beside the tab, which the view carries; empty where that is not known. */
  readonly readIn: string;
}

/** Publishes the current tab; `answer` is that to a click on it. */
export async function publishHome(
  client: WebClient,
  reader: HomeReader,
  { services }: Pick<HandlerContext, 'services'>,
  answer: Message | null = null,
): Promise<void> {
  const blocks = await services.home(reader, COMMAND_NAMES, answer);
  await client.views.publish({
    user_id: reader.userId,
    view: { type: 'home', private_metadata: reader.readIn, blocks: [...blocks] },
  });
}
