import type { App, BlockAction } from '@slack/bolt';
import { z } from 'zod';
import { SYMPTOMS } from '../diagnosis/case.ts';
import { subjectSchema } from '../jobs/requests.ts';
import { ask, type Desk, type Gesture, tell } from './ask.ts';
import { type Notice, notice } from './notice.ts';

/** What the value of a “Run again” button carries, as JSON. */
const runAgainSchema = z.object({ subject: subjectSchema, symptom: z.enum(SYMPTOMS).nullable() });

type Click = (value: string, gesture: Gesture, desk: Desk) => Promise<Notice | null>;

const BUTTONS: ReadonlyMap<string, Click> = new Map([['run_again', runAgain]]);

/** One listener for all buttons: whatever is clicked is acknowledged, link buttons included, which send an action as well. */
export function registerButtons(app: App, desk: Desk): void {
  app.action<BlockAction>({ type: 'block_actions' }, async ({ action, body, ack }) => {
    const click = BUTTONS.get(action.action_id);
    const gesture = gestureOf(body);
    const answer =
      click !== undefined && action.type === 'button' ? await click(action.value ?? '', gesture, desk) : null;
    await ack();
    if (answer !== null) await tell(gesture, answer, desk);
  });
}

async function runAgain(value: string, gesture: Gesture, desk: Desk): Promise<Notice | null> {
  const read = readValue(value);
  if (read === null) {
    return notice`This button is from an earlier version of ktrdr-bot. Use ${'/ktrdr diagnose'} with the operation id.`;
  }
  return (await ask(gesture, [read.subject], read.symptom, desk)).notice;
}

function readValue(value: string): z.infer<typeof runAgainSchema> | null {
  try {
    return runAgainSchema.safeParse(JSON.parse(value)).data ?? null;
  } catch {
    return null;
  }
}

/** The clicked message is edited again and its thread goes on; one that only the asker sees cannot be edited. */
function gestureOf(body: BlockAction): Gesture {
  const { message } = body;
  const container = containerSchema.parse(body.container);
  const userTeamId = body.user.team_id ?? null;
  const parent: unknown = message?.['thread_ts'] ?? container.thread_ts;
  return {
    id: body.trigger_id,
    userTeamId,
    place: {
      teamId: body.team?.id ?? userTeamId ?? '',
      channel: body.channel?.id ?? container.channel_id ?? '',
      threadTs: typeof parent === 'string' && parent !== message?.ts ? parent : null,
      userId: body.user.id,
      responseUrl: body.response_url ?? null,
      messageTs: container.is_ephemeral ? null : (message?.ts ?? container.message_ts ?? null),
    },
  };
}

const containerSchema = z.object({
  channel_id: z.string().optional(),
  message_ts: z.string().optional(),
  thread_ts: z.string().optional(),
  is_ephemeral: z.boolean().default(false),
});
