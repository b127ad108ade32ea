import { z } from 'zod';
import {
  buttonStyle,
  confirm,
  fromOneSource,
  httpUrl,
  id,
  imageSource,
  mrkdwnObject,
  natural,
  option,
  optionGroups,
  options,
  optionWithUrl,
  plainText,
  plainTextObject,
} from './composition-objects.ts';
import { richText } from './rich-text.ts';
import { list, number, object, text, variant } from './schema.ts';

const focusable = { focus_on_load: z.boolean() };
const placeholder = { placeholder: plainText(150) };
const action = { action_id: id };
const dispatch = {
  dispatch_action_config: object(
    {},
    { trigger_actions_on: list(z.literal(['on_enter_pressed', 'on_character_entered']), { max: 2 }) },
  ),
};
const shortText = text({ min: 0, max: 3000 });

const button = object(
  { text: plainText(75) },
  {
    ...action,
    url: httpUrl,
    value: text({ max: 2000 }),
    style: buttonStyle,
    confirm,
    accessibility_label: text({ max: 75 }),
  },
);

const overflow = object({ options: list(optionWithUrl, { max: 5 }) }, { ...action, confirm });

function select(more: Readonly<Record<string, z.ZodType>>) {
  return object({}, { ...action, ...placeholder, ...focusable, confirm, ...more });
}

function choice(key: 'initial_option' | 'initial_options') {
  return object(
    { options: list(option, { max: 10 }) },
    { ...action, ...focusable, confirm, [key]: key === 'initial_option' ? option : list(option, { max: 10 }) },
  );
}

const staticOptions = { options, option_groups: optionGroups };
const ids = list(id, { max: 100 });
const many = { max_selected_items: number(1, Number.MAX_SAFE_INTEGER) };
const conversations = {
  default_to_current_conversation: z.boolean(),
  response_url_enabled: z.boolean(),
  filter: z.unknown(),
};

const selects = {
  static_select: select({ initial_option: option, ...staticOptions }),
  users_select: select({ initial_user: id }),
  conversations_select: select({ initial_conversation: id, ...conversations }),
  channels_select: select({ initial_channel: id, response_url_enabled: z.boolean() }),
  external_select: select({ initial_option: option, min_query_length: natural }),
  multi_static_select: select({ initial_options: options, ...staticOptions, ...many }),
  multi_users_select: select({ initial_users: ids, ...many }),
  multi_conversations_select: select({ initial_conversations: ids, ...conversations, ...many }),
  multi_channels_select: select({ initial_channels: ids, ...many }),
};

const pickers = {
  datepicker: select({ initial_date: text({ max: 10 }) }),
  timepicker: select({ initial_time: text({ max: 5 }), timezone: text({ max: 100 }) }),
  datetimepicker: object({}, { ...action, ...focusable, confirm, initial_date_time: natural }),
};

const choices = { checkboxes: choice('initial_options'), radio_buttons: choice('initial_option') };

const textInput = {
  ...action,
  ...placeholder,
  ...focusable,
  ...dispatch,
  initial_value: shortText,
};

const plainTextInput = object(
  {},
  {
    ...textInput,
    multiline: z.boolean(),
    min_length: number(0, 3000),
    max_length: number(1, 3000),
  },
);

const image = object(
  { alt_text: text({ max: 2000 }) },
  { ...imageSource, image_width: natural, image_height: natural, image_bytes: natural, fallback: z.unknown() },
).refine(...fromOneSource);

export const accessory = variant({ button, overflow, image, ...selects, ...choices, ...pickers });

export const actionElement = variant({ button, overflow, ...selects, ...choices, ...pickers });

export const contextElement = variant({
  image,
  plain_text: plainTextObject(3000),
  mrkdwn: mrkdwnObject(3000),
});

const feedbackButton = object(
  { text: plainText(75), value: text({ max: 2000 }) },
  { accessibility_label: text({ max: 75 }) },
);

export const contextAction = variant({
  feedback_buttons: object({ positive_button: feedbackButton, negative_button: feedbackButton }, action),
  icon_button: object(
    { icon: z.literal(['trash']), text: plainText(75) },
    {
      ...action,
      value: text({ max: 2000 }),
      confirm,
      accessibility_label: text({ max: 75 }),
      visible_to_user_ids: list(id, { max: 10 }),
    },
  ),
});

/** Input elements that a message may hold; the rest need a modal. */
const messageInputs = { plain_text_input: plainTextInput, ...selects, ...choices, ...pickers };

export const messageInput = variant(messageInputs);

export const modalInput = variant({
  ...messageInputs,
  email_text_input: object({}, textInput),
  url_text_input: object({}, textInput),
  number_input: object(
    { is_decimal_allowed: z.boolean() },
    { ...textInput, min_value: shortText, max_value: shortText },
  ),
  rich_text_input: object({}, { ...action, ...placeholder, ...focusable, ...dispatch, initial_value: richText }),
  file_input: object({}, { ...action, filetypes: list(text({ max: 50 }), { max: 100 }), max_files: natural }),
});
