/** Who does what where, read from any payload of Slack: commands, shortcuts, clicks, forms, and events. */
import { z } from 'zod';
import { SUB_COMMANDS } from '../../formatters/reports/help.ts';
import { readCommand, subjectsIn } from '../typed-text.ts';

export interface Incoming {
  readonly kind: 'command' | 'shortcut' | 'click' | 'form' | 'options' | 'event';
  /** e.g. `/ktrdr diagnose`, `run_again`, `app_mention`: names of the app and of Slack, never text that a person wrote. */
  readonly entry: string;
  readonly teamId: string;
  readonly enterpriseId: string | null;
  readonly userId: string;
  readonly userTeamId: string | null;
  /** Where an answer goes; empty where there is none. */
  readonly channel: string;
  /** Known for events only; otherwise the channel is checked when something is posted. */
  readonly isSharedOutside: boolean;
  /** Operation and trace ids in it, or what a button stands for. */
  readonly about: readonly string[];
  readonly responseUrl: string | null;
  readonly triggerId: string | null;
  /** False for events that request nothing. */
  readonly isRequest: boolean;
}

const id = z.string().nullish().catch(null);
const named = z.object({ id, team_id: id }).nullish().catch(null);
const text = z.string().catch('');

const optionSchema = z.object({ value: text }).nullish().catch(null);

/** Inputs by block, then by name. */
const stateSchema = z
  .object({ values: z.record(z.string(), z.record(z.string(), z.looseObject({ selected_conversation: id }))) })
  .loose()
  .nullish()
  .catch(null);

const bodySchema = z.object({
  type: text,
  command: text,
  text,
  team_id: id,
  team: named,
  enterprise_id: id,
  enterprise: named,
  user_id: id,
  user: named,
  channel_id: id,
  channel: named,
  container: z.object({ channel_id: id }).nullish().catch(null),
  response_url: id,
  trigger_id: id,
  callback_id: text,
  message: z.unknown().optional(),
  actions: z.array(z.object({ action_id: text, value: text, selected_option: optionSchema })).catch([]),
  view: z.object({ callback_id: text, state: stateSchema, private_metadata: text }).nullish().catch(null),
  is_ext_shared_channel: z.boolean().optional().catch(undefined),
  event: z
    .object({
      type: text,
      channel_type: text,
      text,
      subtype: id,
      bot_id: id,
      user: z.union([z.string(), named]).optional().catch(undefined),
      user_team: id,
      source_team: id,
      team: id,
      channel: z.union([z.string(), named]).optional().catch(undefined),
    })
    .nullish()
    .catch(null),
});
type Body = z.infer<typeof bodySchema>;

const KINDS: Readonly<Record<string, Incoming['kind']>> = {
  message_action: 'shortcut',
  shortcut: 'shortcut',
  block_actions: 'click',
  view_submission: 'form',
  view_closed: 'form',
  block_suggestion: 'options',
  event_callback: 'event',
};
/** A button's value is such a name, or JSON. */
const NAME = /^[\w:./-]{1,80}$/;
const IDS_NAMED = 10;

export function incomingFrom(payload: unknown): Incoming {
  const body = bodySchema.parse(payload);
  const { event } = body;
  const kind = body.command === '' ? (KINDS[body.type] ?? 'event') : 'command';
  const userTeamId = body.user?.team_id ?? event?.user_team ?? event?.source_team ?? event?.team ?? null;
  return {
    kind,
    entry: entryOf(body),
    // An app that is installed for a whole organization gets no team in some payloads, only the person's.
    teamId: body.team_id ?? body.team?.id ?? userTeamId ?? '',
    enterpriseId: body.enterprise_id ?? body.enterprise?.id ?? null,
    userId: body.user_id ?? body.user?.id ?? idOf(event?.user),
    userTeamId,
    channel: body.channel_id ?? body.channel?.id ?? body.container?.channel_id ?? channelOf(body),
    isSharedOutside: body.is_ext_shared_channel ?? false,
    about: aboutOf(body),
    responseUrl: body.response_url ?? null,
    triggerId: body.trigger_id ?? null,
    isRequest: kind === 'event' ? isAddressed(body) : kind !== 'options' && body.type !== 'view_closed',
  };
}

function entryOf(body: Body): string {
  if (body.command !== '') {
    const { first } = readCommand(body.text);
    return SUB_COMMANDS.some(({ name }) => name === first) ? `${body.command} ${first}` : body.command;
  }
  return body.actions[0]?.action_id || body.view?.callback_id || body.callback_id || body.event?.type || body.type;
}

function aboutOf({ text: typed, actions, view, message, event }: Body): readonly string[] {
  const [action] = actions;
  if (action !== undefined) {
    const value = action.value || (action.selected_option?.value ?? '');
    return NAME.test(value) ? [value] : idsIn(value);
  }
  return idsIn([typed, JSON.stringify(view?.state ?? ''), JSON.stringify(message ?? ''), event?.text ?? ''].join('\n'));
}

function idsIn(written: string): readonly string[] {
  const subjects = subjectsIn(written).slice(0, IDS_NAMED);
  return subjects.flatMap((subject) =>
    subject.kind === 'operation' ? [subject.operationId] : subject.kind === 'trace' ? [subject.traceId] : [],
  );
}

function isAddressed({ event }: Body): boolean {
  if (event == null || event.bot_id != null) return false;
  return (
    event.type === 'app_mention' || (event.type === 'message' && event.channel_type === 'im' && event.subtype == null)
  );
}

/** The Home tab's event names the direct conversation beside it, in which nothing happened. A form names its own channel. */
function channelOf({ event, view }: Body): string {
  if (view != null) return chosenChannel(view) ?? channelInMetadata(view.private_metadata);
  return event?.type === 'app_home_opened' ? '' : idOf(event?.channel);
}

function chosenChannel({ state }: NonNullable<Body['view']>): string | null {
  const inputs = Object.values(state?.values ?? {}).flatMap((block) => Object.values(block));
  return inputs.find(({ selected_conversation: chosen }) => chosen != null)?.selected_conversation ?? null;
}

function channelInMetadata(metadata: string): string {
  try {
    return idOf(z.object({ channel: z.string() }).safeParse(JSON.parse(metadata)).data?.channel);
  } catch {
    return '';
  }
}

function idOf(value: string | z.infer<typeof named> | undefined): string {
  return typeof value === 'string' ? value : (value?.id ?? '');
}
