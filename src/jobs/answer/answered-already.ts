/** A question that this channel got its answer to some minutes ago needs a link, and not a second answer. */
import type { Logger } from 'pino';
import { formatAnsweredAlready } from '../../formatters/reports/earlier-answers.ts';
import { deliver } from '../deliver/wanted.ts';
import type { Chat } from '../ports.ts';
import { type QueueClient, questionKey } from '../queue/queues.ts';
import type { DiagnoseRequest } from '../requests.ts';
import type { SlackWorkspace } from '../workspace-port.ts';
import { answeredRecently, linkTo } from './memory.ts';

export interface AnsweredAlreadyTools {
  readonly client: QueueClient;
  readonly workspace: SlackWorkspace;
  readonly respond: Chat['respond'];
  readonly log: Logger;
}

/** True when the asker was given the link. Whoever clicks “Run again”, or asks for the newest operation, wants a new answer. */
export async function linkToEarlierAnswer(request: DiagnoseRequest, tools: AnsweredAlreadyTools): Promise<boolean> {
  const { subject, symptom, place, requestId } = request;
  if (request.isQuiet === true || request.isRepeat === true || subject.kind === 'last') return false;
  const { client, workspace, respond, log } = tools;
  const { store } = client;
  const seen = await answeredRecently(store, place, questionKey(subject, symptom));
  const url = seen === null ? null : await linkTo({ store, workspace }, place.teamId, seen, place.channel);
  if (seen === null || url === null) return false;

  const question = JSON.stringify({ subject, symptom });
  const message = formatAnsweredAlready({ ...seen, at: new Date(seen.at).toISOString(), url }, question);
  if (place.responseUrl === null) {
    await deliver(client, { requestId, place }, 'answer', { summary: message, thread: [] });
    return true;
  }
  const outcome = await respond(place.responseUrl, message);
  if (outcome.kind === 'sent') return true;
  log.warn({ requestId, outcome }, 'the asker could not be told of the earlier answer, and gets one of their own');
  return false;
}
