/** Reads who does what where from any Slack payload: commands, shortcuts, clicks, forms, and events. */
import { subjectsIn } from '../../diagnosis/vocabulary/typed-ids.ts';
import { SUB_COMMANDS } from '../../formatters/reports/help.ts';
import { parseJson } from '../../language/json.ts';
import { readCommand } from '../typed-text.ts';

export interface Incoming {
  readonly kind: 'command' | 'shortcut' | 'click' | 'form' | 'options' | 'event';
  /** e.g. `/ktrdr diagnose`, `run_again`, `app_mention`: names of the app and of Slack, never text that a person wrote. */
  readonly entry: string;
  readonly teamId: string;
  /** Other workspaces and organizations of the installation that receives this payload. */
  readonly installedIn: readonly string[];
  readonly userId: string;
  /** The requester's own workspace and organization, where the payload has them: in a shared channel, another company's. */
  readonly userTeamIds: readonly string[];
  /** The channel that a reply goes to; empty when there is none. */
  readonly channel: string;
  /** The thread of a message; null elsewhere. */
  readonly threadTs: string | null;
  /** Whether members of other organizations read the channel; null where the payload doesn't say, as in interactions. */
  readonly isSharedOutside: boolean | null;
  /** Operation and trace IDs in the payload, or the value of a button. */
  readonly about: readonly string[];
  readonly responseUrl: string | null;
  readonly triggerId: string | null;
  /** False for events that request nothing. */
  readonly isRequest: boolean;
}

const KINDS: Readonly<Record<string, Incoming['kind']>> = {
  message_action: 'shortcut',
  shortcut: 'shortcut',
  block_actions: 'click',
  view_submission: 'form',
  view_closed: 'form',
  block_suggestion: 'options',
  event_callback: 'event',
};
/** Matches a button's value that is a name; other values are JSON. */
const NAME = /^[\w:./-]{1,80}$/;
const IDS_NAMED = 10;

export function incomingFrom(body: unknown): Incoming {
  const type = textAt(body, 'type') ?? '';
  const event = valueAt(body, 'event');
  const kind = textAt(body, 'command') ? 'command' : (KINDS[type] ?? 'event');
  const userTeamIds = userTeamsIn(body);
  const isSharedOutside = valueAt(body, 'is_ext_shared_channel');
  return {
    kind,
    entry: entryOf(body),
    // An app that is installed for a whole organization gets no team in some payloads, only the person's.
    teamId: textAt(body, 'team_id') ?? textAt(body, 'team', 'id') ?? userTeamIds[0] ?? '',
    installedIn: installationIn(body),
    userId: textAt(body, 'user_id') ?? textAt(body, 'user', 'id') ?? idAt(event, 'user'),
    userTeamIds,
    channel:
      textAt(body, 'channel_id') ??
      textAt(body, 'channel', 'id') ??
      textAt(body, 'container', 'channel_id') ??
      channelOf(body),
    threadTs: textAt(event, 'thread_ts'),
    isSharedOutside: typeof isSharedOutside === 'boolean' ? isSharedOutside : null,
    about: aboutOf(body),
    responseUrl: textAt(body, 'response_url'),
    triggerId: textAt(body, 'trigger_id'),
    isRequest: kind === 'event' ? isAddressed(event) : kind !== 'options' && type !== 'view_closed',
  };
}

/** Each kind of payload has them in different fields. */
function installationIn(body: unknown): readonly string[] {
  const authorizations = valuesOf(valueAt(body, 'authorizations'));
  return [
    textAt(body, 'enterprise_id'),
    textAt(body, 'enterprise', 'id'),
    textAt(body, 'team', 'enterprise_id'),
    textAt(body, 'context_enterprise_id'),
    textAt(body, 'context_team_id'),
    ...authorizations.flatMap((one) => [textAt(one, 'enterprise_id'), textAt(one, 'team_id')]),
  ].filter((id) => id !== null);
}

function userTeamsIn(body: unknown): readonly string[] {
  const event = valueAt(body, 'event');
  const team =
    textAt(body, 'user', 'team_id') ??
    textAt(event, 'user_team') ??
    textAt(event, 'source_team') ??
    textAt(event, 'team');
  const organizations = [
    textAt(body, 'user', 'enterprise_id'),
    textAt(body, 'user', 'enterprise_user', 'enterprise_id'),
  ];
  return [team, ...organizations].filter((id) => id !== null);
}

function entryOf(body: unknown): string {
  const command = textAt(body, 'command');
  if (command) {
    const { first } = readCommand(textAt(body, 'text') ?? '');
    return SUB_COMMANDS.some(({ name }) => name === first) ? `${command} ${first}` : command;
  }
  return (
    textAt(body, 'actions', '0', 'action_id') ||
    textAt(body, 'view', 'callback_id') ||
    textAt(body, 'callback_id') ||
    textAt(body, 'event', 'type') ||
    (textAt(body, 'type') ?? '')
  );
}

function aboutOf(body: unknown): readonly string[] {
  const action = valueAt(body, 'actions', '0');
  if (action !== undefined) {
    const value = textAt(action, 'value') || (textAt(action, 'selected_option', 'value') ?? '');
    return NAME.test(value) ? [value] : idsIn(value);
  }
  const parts = [valueAt(body, 'view', 'state'), valueAt(body, 'message')].map((part) => JSON.stringify(part ?? ''));
  return idsIn([textAt(body, 'text'), ...parts, textAt(body, 'event', 'text')].join('\n'));
}

function idsIn(written: string): readonly string[] {
  const subjects = subjectsIn(written).slice(0, IDS_NAMED);
  return subjects.flatMap((subject) =>
    subject.kind === 'operation' ? [subject.operationId] : subject.kind === 'trace' ? [subject.traceId] : [],
  );
}

function isAddressed(event: unknown): boolean {
  if (textAt(event, 'bot_id') !== null) return false;
  const type = textAt(event, 'type');
  const isDirect = textAt(event, 'channel_type') === 'im' && textAt(event, 'subtype') === null;
  return type === 'app_mention' || (type === 'message' && isDirect);
}

/**
 * The Home tab's event names the adjacent direct conversation, where nothing happened, so it is ignored. A form names its own
 * channel.
 */
function channelOf(body: unknown): string {
  const view = valueAt(body, 'view');
  if (view != null)
    return chosenChannel(view) ?? textAt(parseJson(textAt(view, 'private_metadata') ?? ''), 'channel') ?? '';
  const event = valueAt(body, 'event');
  return textAt(event, 'type') === 'app_home_opened' ? '' : idAt(event, 'channel');
}

function chosenChannel(view: unknown): string | null {
  const inputs = valuesOf(valueAt(view, 'state', 'values')).flatMap(valuesOf);
  const chosen = inputs.map((input) => textAt(input, 'selected_conversation'));
  return chosen.find((channel) => channel !== null) ?? null;
}

/** A field that is an id, or an object with one. */
function idAt(value: unknown, key: string): string {
  return textAt(value, key) ?? textAt(value, key, 'id') ?? '';
}

/** Null for everything that isn't text, in a payload of any shape. */
function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : null;
}

function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (parent, key) => (isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined),
    value,
  );
}

function valuesOf(value: unknown): readonly unknown[] {
  return isObject(value) ? Object.values(value) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
