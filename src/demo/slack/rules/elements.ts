import {
  anyText,
  confirm,
  httpUrl,
  id,
  imageSource,
  imageSourceShapes,
  natural,
  option,
  optionGroups,
  options,
  plainText,
} from './composition.ts';
import { richText } from './rich-text.ts';
import { anything, boolean, list, number, object, oneOf, type Shape, string, variant } from './shape.ts';

const focusable = { focus_on_load: boolean() };
const placeholder = { placeholder: plainText(150) };
const action = { action_id: id };
const dispatch = {
  dispatch_action_config: object(
    {},
    { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 }) },
  ),
};
const shortText = string({ min: 0, max: 3000 });

const button = object(
  { text: plainText(75) },
  {
    ...action,
    url: httpUrl(),
    value: string({ max: 2000 }),
    style: oneOf('primary', 'danger'),
    confirm,
    accessibility_label: string({ max: 75 }),
  },
);

const overflow = object({ options: list(option({ withUrl: true }), { max: 5 }) }, { ...action, confirm });

function select(initial: Readonly<Record<string, Shape>>, more: Readonly<Record<string, Shape>> = {}): Shape {
  return object({}, { ...action, ...placeholder, ...focusable, confirm, ...initial, ...more });
}

function choice(key: 'initial_option' | 'initial_options'): Shape {
  return object(
    { options: list(option(), { max: 10 }) },
    { ...action, ...focusable, confirm, [key]: key === 'initial_option' ? option() : list(option(), { max: 10 }) },
  );
}

const staticOptions = { options, option_groups: optionGroups };
const many = { max_selected_items: number({ min: 1, max: Number.MAX_SAFE_INTEGER }) };
const conversations = {
  default_to_current_conversation: boolean(),
  response_url_enabled: boolean(),
  filter: anything(),
};

const selects = {
  static_select: select({ initial_option: option() }, staticOptions),
  users_select: select({ initial_user: id }),
  conversations_select: select({ initial_conversation: id }, conversations),
  channels_select: select({ initial_channel: id }, { response_url_enabled: boolean() }),
  external_select: select({ initial_option: option() }, { min_query_length: natural }),
  multi_static_select: select({ initial_options: options }, { ...staticOptions, ...many }),
  multi_users_select: select({ initial_users: list(id, { max: 100 }) }, many),
  multi_conversations_select: select({ initial_conversations: list(id, { max: 100 }) }, { ...conversations, ...many }),
  multi_channels_select: select({ initial_channels: list(id, { max: 100 }) }, many),
};

const pickers = {
  datepicker: object({}, { ...action, ...placeholder, ...focusable, confirm, initial_date: string({ max: 10 }) }),
  timepicker: object(
    {},
    {
      ...action,
      ...placeholder,
      ...focusable,
      confirm,
      initial_time: string({ max: 5 }),
      timezone: string({ max: 100 }),
    },
  ),
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
    multiline: boolean(),
    min_length: number({ min: 0, max: 3000 }),
    max_length: number({ min: 1, max: 3000 }),
  },
);

export const image = object(
  { alt_text: string({ max: 2000 }) },
  { ...imageSourceShapes, image_width: natural, image_height: natural, image_bytes: natural, fallback: anything() },
  imageSource,
);

export const accessory = variant({ button, overflow, image, ...selects, ...choices, ...pickers });

export const actionElement = variant({ button, overflow, ...selects, ...choices, ...pickers });

export const contextElement = variant({
  image,
  plain_text: anyText(3000),
  mrkdwn: anyText(3000),
});

const feedbackButton = object(
  { text: plainText(75), value: string({ max: 2000 }) },
  { accessibility_label: string({ max: 75 }) },
);

export const contextAction = variant({
  feedback_buttons: object({ positive_button: feedbackButton, negative_button: feedbackButton }, action),
  icon_button: object(
    { icon: oneOf('trash'), text: plainText(75) },
    {
      ...action,
      value: string({ max: 2000 }),
      confirm,
      accessibility_label: string({ max: 75 }),
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
  number_input: object({ is_decimal_allowed: boolean() }, { ...textInput, min_value: shortText, max_value: shortText }),
  rich_text_input: object({}, { ...action, ...placeholder, ...focusable, ...dispatch, initial_value: richText }),
  file_input: object({}, { ...action, filetypes: list(string({ max: 50 }), { max: 100 }), max_files: natural }),
});
