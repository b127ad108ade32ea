/**
 * What Slack sends, checked before Bolt and the listeners read it: Bolt trusts the shape of a signed payload and fails on
 * others in promises that nothing waits for. Only fields that are read are checked.
 */
import { z } from 'zod';

/** The payload can't be handled, however often it is delivered. The message is one sentence. */
export class MalformedPayload extends Error {
  override readonly name = 'MalformedPayload';
  /** Bolt wraps errors without a code. */
  readonly code = 'malformed_payload';
}

const text = z.string();
const optionalText = z.string().nullish();
const named = z.looseObject({ id: text });
const person = z.looseObject({ id: text, team_id: optionalText });

const event = z.looseObject({
  event: z.looseObject({
    type: text,
    channel: z.union([text, named]).optional(),
    user: z.union([text, named]).optional(),
    item: z.looseObject({}).optional(),
    subteam: z.looseObject({}).optional(),
  }),
  team_id: optionalText,
  authorizations: z.array(z.looseObject({})).nullish(),
});

const command = z.looseObject({
  command: text,
  text,
  team_id: text,
  user_id: text,
  channel_id: text.optional(),
  trigger_id: text.optional(),
  response_url: text.optional(),
});

const interaction = z.looseObject({
  user: person,
  team: named.nullish(),
  enterprise: named.nullish(),
  channel: named.optional(),
  response_url: optionalText,
  response_urls: z.array(z.looseObject({ response_url: text, channel_id: optionalText })).optional(),
});

const option = z.looseObject({ value: text });
const action = z.union([
  z.looseObject({ type: z.literal('overflow'), action_id: text, selected_option: option }),
  z.looseObject({
    type: text.refine((type) => type !== 'overflow'),
    action_id: text,
    value: optionalText,
  }),
]);

const blockActions = interaction.extend({
  type: z.literal('block_actions'),
  trigger_id: text,
  actions: z.array(action).min(1),
  container: z.looseObject({
    channel_id: text.optional(),
    message_ts: text.optional(),
    thread_ts: text.optional(),
    is_ephemeral: z.boolean().optional(),
  }),
  message: z.looseObject({ ts: text }).optional(),
  view: z.looseObject({ type: text, private_metadata: text }).nullish(),
});

const shortcut = interaction.extend({ callback_id: text, trigger_id: text });
const messageShortcut = shortcut.extend({ channel: named, message: z.looseObject({ ts: text }), response_url: text });

const view = z.looseObject({ id: text, callback_id: text, private_metadata: text });
const input = z.looseObject({ value: optionalText, selected_conversation: optionalText });
const submission = interaction.extend({
  trigger_id: text,
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
  const fields = z.looseObject({}).safeParse(body).data;
  if (fields === undefined) throw new MalformedPayload('The payload isn’t a JSON object.');
  const schema = schemaFor(fields);
  if (schema === null) throw new MalformedPayload('The payload is neither an event, a command, nor an interaction.');
  const [issue] = schema.safeParse(fields).error?.issues ?? [];
  if (issue !== undefined)
    throw new MalformedPayload(`The payload has a malformed field ${issue.path.map(String).join('.')}.`);
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
