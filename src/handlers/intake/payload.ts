/**
 * Checks Slack's payloads before Bolt and the listeners read them. Bolt trusts the shape of a signed payload, and on any other
 * shape it fails in promises that nothing awaits. Only fields that are read are checked.
 */
import { z } from 'zod';

/** The payload can't be handled, however often it is delivered. The message is one sentence. */
export class MalformedPayload extends Error {
  override readonly name = 'MalformedPayload';
  /** Bolt wraps errors without a code. */
  readonly code = 'malformed_payload';
}

const anyObject = z.looseObject({});
const text = z.string();
const optionalText = z.string().nullish();
/** The ID of a workspace, person, or channel. Checked strictly, because IDs become part of log lines and keys. */
const slackId = z.string().regex(/^[A-Z0-9]{0,40}$/);
const optionalId = slackId.nullish();
/** A name from Slack, or from this app's messages and forms. */
const name = z.string().regex(/^[\w:./-]{0,255}$/);
/** A URL for replies, which is stored in forms and in the store. Where it is used, its host is checked to be Slack's. */
const address = z.string().regex(/^https?:\/\/[\w.:[\]-]{1,255}\/[\w./-]{0,500}$/);
const named = z.looseObject({ id: slackId });
const person = z.looseObject({ id: slackId, team_id: optionalId });

const event = z.looseObject({
  event: z.looseObject({
    type: name,
    channel: z.union([slackId, named]).optional(),
    user: z.union([slackId, named]).optional(),
    ts: name.nullish(),
    thread_ts: name.nullish(),
    message_ts: name.nullish(),
    client_msg_id: name.nullish(),
    user_team: optionalId,
    source_team: optionalId,
    team: optionalId,
    item: anyObject.optional(),
    subteam: anyObject.optional(),
  }),
  team_id: optionalId,
  enterprise_id: optionalId,
  authorizations: z
    .array(z.looseObject({ team_id: optionalId, enterprise_id: optionalId, user_id: optionalId }))
    .nullish(),
});

const command = z.looseObject({
  command: name,
  text,
  team_id: slackId,
  enterprise_id: optionalId,
  user_id: slackId,
  channel_id: slackId.optional(),
  trigger_id: name.optional(),
  response_url: address.optional(),
});

const interaction = z.looseObject({
  user: person,
  team: named.nullish(),
  enterprise: named.nullish(),
  channel: named.optional(),
  response_url: address.nullish(),
  response_urls: z.array(z.looseObject({ response_url: address, channel_id: optionalText })).optional(),
});

const option = z.looseObject({ value: text });
const action = z.union([
  z.looseObject({ type: z.literal('overflow'), action_id: name, selected_option: option }),
  z.looseObject({
    type: text.refine((type) => type !== 'overflow'),
    action_id: name,
    value: optionalText,
  }),
]);

const blockActions = interaction.extend({
  type: z.literal('block_actions'),
  trigger_id: name,
  actions: z.array(action).min(1),
  container: z.looseObject({
    channel_id: slackId.optional(),
    message_ts: name.optional(),
    thread_ts: name.optional(),
    is_ephemeral: z.boolean().optional(),
  }),
  message: z.looseObject({ ts: name }).optional(),
  view: z.looseObject({ type: text, private_metadata: text }).nullish(),
});

const shortcut = interaction.extend({ callback_id: name, trigger_id: name });
const messageShortcut = shortcut.extend({
  channel: named,
  message: z.looseObject({ ts: name }),
  response_url: address,
});

const view = z.looseObject({ id: name, callback_id: name, private_metadata: text });
const input = z.looseObject({ value: optionalText, selected_conversation: optionalText });
const submission = interaction.extend({
  trigger_id: name,
  view: view.extend({ state: z.looseObject({ values: z.record(text, z.record(text, input)) }) }),
});

const BY_TYPE: Readonly<Record<string, z.ZodType>> = {
  block_actions: blockActions,
  block_suggestion: interaction,
  message_action: messageShortcut,
  shortcut,
  view_submission: submission,
  view_closed: interaction.extend({ view }),
};

/** Throws a `MalformedPayload` for a body that isn't one of Slack's payloads. */
export function checkPayload(body: unknown): void {
  const fields = anyObject.safeParse(body).data;
  if (fields === undefined) throw new MalformedPayload('The payload isn’t a JSON object.');
  if (isDeep(fields)) throw new MalformedPayload('The payload is nested too deeply.');
  const schema = schemaFor(fields);
  if (schema === null) throw new MalformedPayload('The payload is neither an event, a command, nor an interaction.');
  const [issue] = schema.safeParse(fields).error?.issues ?? [];
  if (issue !== undefined)
    throw new MalformedPayload(`The payload has a malformed field ${issue.path.map(String).join('.')}.`);
}

/** Slack's payloads have less than a tenth of this depth. A deeper one could overflow the stack when it is serialized again. */
const DEEPEST = 200;

function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** In the order in which Bolt distinguishes the kinds. */
function schemaFor(fields: Readonly<Record<string, unknown>>): z.ZodType | null {
  if (fields['event'] !== undefined) return event;
  if (fields['command'] !== undefined) return command;
  const { type } = fields;
  return typeof type === 'string' && Object.hasOwn(BY_TYPE, type) ? (BY_TYPE[type] ?? null) : null;
}

/** The `private_metadata` of one of this app's modals. */
export function readMetadata<Value>(text: string, schema: z.ZodType<Value>): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new MalformedPayload('The form has malformed metadata.');
  }
}
