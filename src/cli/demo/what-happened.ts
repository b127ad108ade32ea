/** How an answer came about: from the bot's log, the requests to the recorded servers, and the calls to the local Slack. */
import type { FakeSlack, Message, WorkspaceStep } from '@ktrdr-bot/local-slack';
import type { BotEvent } from './bot-events.ts';

type Journal = FakeSlack['journal'];
type Of<Kind extends BotEvent['kind']> = Extract<BotEvent, { readonly kind: Kind }>;

/** In order of time within each part; empty if the message isn't an answer to a request. */
export function whatHappened(
  message: Pick<Message, 'metadata'>,
  journal: Journal,
  events: readonly BotEvent[],
): readonly WorkspaceStep[] {
  const requestId = message.metadata?.event_payload['request_id'];
  if (typeof requestId !== 'string') return [];
  const logged = events.filter((event) => event.kind === 'logged');
  const own = logged.filter(({ fields }) => namesRequest(fields, requestId));
  return [
    ...own.flatMap(handled),
    ...diagnosesOf(own, events).flatMap((run) => stepsOfRun(run, events)),
    ...slackCalls(requestId, journal),
    ...own.flatMap(noted),
  ];
}

function namesRequest(fields: Of<'logged'>['fields'], requestId: string): boolean {
  const text = JSON.stringify(fields);
  return text.includes(`"${requestId}"`);
}

interface Audit {
  readonly kind: string;
  readonly entry: string;
  readonly outcome: string;
}

/** The line of the handler that took the request from Slack. */
function handled({ at, fields }: Of<'logged'>): readonly WorkspaceStep[] {
  if (!isAudit(fields['audit'])) return [];
  const { kind, entry, outcome } = fields['audit'];
  return [{ part: 'Handler', at, text: `${kind} ${entry}: ${outcome}` }];
}

function isAudit(value: unknown): value is Audit {
  return typeof value === 'object' && value !== null && 'entry' in value && 'outcome' in value && 'kind' in value;
}

/** Those whose end the bot has logged for this request. Of several with one key, the last begun before. */
function diagnosesOf(own: readonly Of<'logged'>[], events: readonly BotEvent[]): readonly Of<'begun'>[] {
  return own.flatMap(({ at, fields }) => {
    const begun = events.filter((event) => event.kind === 'begun' && event.key === fields['key'] && event.at <= at);
    const last = begun.at(-1);
    return fields['msg'] === 'diagnosed' && last?.kind === 'begun' ? [last] : [];
  });
}

function stepsOfRun({ at, run }: Of<'begun'>, events: readonly BotEvent[]): readonly WorkspaceStep[] {
  const asked = events
    .filter((event): event is Of<'asked'> => event.kind === 'asked' && event.run === run)
    .map(({ at: askedAt, server, ms, request, status }) => {
      return { part: server, at: askedAt, text: `${decoded(request)}: ${status ?? 'no response'}, ${ms} ms` };
    });
  const concluded = events.filter((event): event is Of<'concluded'> => event.kind === 'concluded' && event.run === run);
  return [
    { part: 'Queue', at, text: 'A worker took the job' },
    ...asked.toSorted((a, b) => a.at - b.at),
    ...concluded.flatMap(rules),
  ];
}

function rules({ at, verdict, causes, notChecked, analysisMs }: Of<'concluded'>): readonly WorkspaceStep[] {
  const [first, ...others] = causes;
  const texts = [
    `${first ?? verdict}, in ${analysisMs.toFixed(1)} ms`,
    ...others.map((cause) => `also found: ${cause}`),
    ...(notChecked.length === 0 ? [] : [`couldn’t be checked: ${notChecked.join(', ')}`]),
  ];
  return texts.map((text) => ({ part: 'Rules', at, text }));
}

/** The calls that carry the request's marker, and those that uploaded what they show. */
function slackCalls(requestId: string, journal: Journal): readonly WorkspaceStep[] {
  const marked = journal.filter(({ args }) => textOf(args['metadata']).includes(`"${requestId}"`));
  const files = new Set(
    marked.flatMap(({ args }) => textOf(args['blocks']).match(/(?<="slack_file":\{"id":")\w+/g) ?? []),
  );
  const uploads = journal.filter(({ args, answer }) => {
    const uploaded = [answer['file_id'], ...(textOf(args['files']).match(/(?<="id":")\w+/g) ?? [])];
    return uploaded.some((id) => files.has(String(id)));
  });
  return [...marked, ...uploads]
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, method, args, answer }) => {
      const slot = /"slot":"([^"]+)"/.exec(textOf(args['metadata']))?.[1];
      const what = slot === undefined ? method : `${method} (${slot})`;
      return { part: 'Slack', at, text: answer['ok'] === false ? `${what}: ${String(answer['error'])}` : what };
    });
}

/** An argument as it came in a form, or in JSON. */
function textOf(argument: unknown): string {
  return typeof argument === 'string' ? argument : (JSON.stringify(argument) ?? '');
}

/** The parameters of a search can't be read in percent signs. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What else the bot logged about the request. */
function noted({ at, fields }: Of<'logged'>): readonly WorkspaceStep[] {
  const { msg, audit } = fields;
  if (audit !== undefined || msg === 'diagnosed') return [];
  return [{ part: 'Log', at, text: String(msg) }];
}
