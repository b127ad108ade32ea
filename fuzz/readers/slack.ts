import { signature } from '@ktrdr-bot/local-slack';
import fc from 'fast-check';
import { parseJson } from '../../src/language/json.ts';
import { PAYLOADS } from '../../test/handlers/intake/odd-payloads.ts';
import { openWorkspace, type Workspace } from '../../test/handlers/workspace.ts';
import { mutatedTexts } from '../mutate.ts';
import type { Reader } from '../reader.ts';

const TYPES = ['application/json', 'application/x-www-form-urlencoded'] as const;
const ANSWERED = [200, 400, 413];

/** Signed requests and frames of a socket, through the receivers that the bot uses, to its listeners. */
export const SLACK: Reader = {
  name: 'slack',
  about: 'payloads of Slack, signed over HTTP and as frames of a socket',
  async open() {
    const workspaces = { http: await openWorkspace('http'), socket: await openWorkspace('socket') };
    const texts = mutatedTexts(Object.values(PAYLOADS));
    const cases = fc.record({
      transport: fc.constantFrom('http', 'socket'),
      type: fc.constantFrom(...TYPES),
      text: texts,
    });
    return {
      cases,
      async run(input) {
        const { transport, type, text } = input as { transport: 'http' | 'socket'; type: string; text: string };
        const workspace = workspaces[transport];
        const [logged, called] = [workspace.logged.length, workspace.slack.journal.length];
        if (transport === 'http') await post(workspace, text, type);
        else await send(workspace, text);
        const lines = workspace.logged.slice(logged);
        const errors = lines.filter((line) => JSON.parse(line).level >= 50);
        if (errors.length > 0) throw new Error(`It was logged as an error: ${errors.join('')}`);
        return [...lines, ...workspace.slack.journal.slice(called).map((entry) => JSON.stringify(entry))];
      },
      async close() {
        await Promise.all(Object.values(workspaces).map((workspace) => workspace.close()));
      },
    };
  },
};

async function post({ slack, eventsUrl }: Workspace, text: string, type: string): Promise<void> {
  const body = type === TYPES[0] ? text : formOf(text);
  // A kept connection may end just when it is used again, which says nothing about the bot.
  const headers = { 'content-type': type, connection: 'close', ...signature(body, { secret: slack.signingSecret }) };
  const { status } = await fetch(eventsUrl, { method: 'POST', body, headers });
  if (!ANSWERED.includes(status)) throw new Error(`The request was answered with ${status}.`);
}

/** A command is a form of its own; everything else is the JSON in one field. */
function formOf(text: string): string {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('command' in value))
    return new URLSearchParams({ payload: text }).toString();
  return new URLSearchParams(
    Object.entries(value).map(([key, field]): [string, string] => [key, textOf(field)]),
  ).toString();
}

function textOf(field: unknown): string {
  return typeof field === 'object' ? '{}' : String(field);
}

/** The local Slack writes the frame, so what is too deep to be written as JSON goes over HTTP only. */
async function send({ slack }: Workspace, text: string): Promise<void> {
  const payload = parseJson(text);
  if (typeof payload !== 'object' || payload === null || isDeep(payload)) return;
  const kind = 'event' in payload ? 'event' : 'command' in payload ? 'command' : 'interaction';
  const receipt = await slack.deliver(
    kind === 'command' ? { kind, fields: payload as never } : { kind, payload: payload as never },
  );
  if (receipt.outcome !== 'acknowledged') throw new Error(`The frame was not acknowledged: ${receipt.outcome}.`);
}

function isDeep(value: object): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
}
