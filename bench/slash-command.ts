/** A signed slash command, sent as Slack sends it, and how long its answer took. */
import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { signature } from '@ktrdr-bot/local-slack';

export const SIGNING_SECRET = 'bench-signing-secret';

/** Of the sentence with which the bot says that it could not take a question, and that it doesn't know yet. */
export const NOT_QUEUED = 'can’t reach its queue';
export const NOT_KNOWN = 'If nothing appears';
const PEOPLE = 500;

export interface Acknowledged {
  readonly tookMs: number;
  readonly status: number;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true });
let sent = 0;

interface Question {
  readonly operationId?: string;
  readonly channel?: string;
  readonly team?: string;
  readonly responseUrl?: string;
}

/** Each about another operation, when nothing else is said. */
export function sendCommand(port: number, question?: Question): Promise<Acknowledged> {
  sent += 1;
  const operationId = `op_training_20261123_062532_${sent.toString(16).padStart(8, '0')}`;
  const body = new URLSearchParams({
    token: 'verification-token',
    team_id: question?.team ?? 'T0BENCH',
    channel_id: question?.channel ?? `C0BENCH${sent % 100}`,
    // One person may only have so many open questions.
    user_id: `U0BENCH${sent % PEOPLE}`,
    command: '/ktrdr',
    text: `diagnose ${question?.operationId ?? operationId}`,
    api_app_id: 'A0BENCH',
    is_enterprise_install: 'false',
    response_url: question?.responseUrl ?? `https://hooks.slack.com/commands/T0BENCH/${sent}/bench`,
    trigger_id: `${sent}.bench`,
  }).toString();
  const type = 'application/x-www-form-urlencoded';
  const headers = { 'content-type': type, ...signature(body, { secret: SIGNING_SECRET }) };
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const options = { agent, host: '127.0.0.1', port, path: '/slack/events', method: 'POST', headers };
    const sending = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ tookMs: performance.now() - startedMs, status: response.statusCode ?? 0, body: text }),
      );
    });
    sending.on('error', reject).end(body);
  });
}

/** At a steady rate, whether or not earlier ones are answered; the times of all. */
export async function sendSteadily(
  port: number,
  perSecond: number,
  seconds: number,
  questionAt: (index: number) => Question = () => ({}),
): Promise<readonly number[]> {
  const startedMs = performance.now();
  const answers: Promise<Acknowledged>[] = [];
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const waitMs = startedMs + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    answers.push(sendCommand(port, questionAt(index)));
  }
  const all = await Promise.all(answers);
  const refused = all.find(({ status, body }) => status !== 200 || body.includes('ephemeral'));
  if (refused !== undefined) throw new Error(`A command was answered with ${refused.status}: ${refused.body}`);
  return all.map(({ tookMs }) => tookMs);
}
