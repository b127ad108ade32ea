import { isObject, type JsonObject, objectsOf, parseJson } from '../json.ts';
import { checkBlocks } from './blocks.ts';
import { id, plainText } from './composition.ts';
import { type Reading, refused } from './content.ts';
import { anything, boolean, list, object, type Problem, sentence, string, variant } from './shape.ts';

const MAX_VIEW_BYTES = 250_000;

const shared = {
  private_metadata: string({ min: 0, max: 3000 }),
  callback_id: string({ min: 0, max: 255 }),
  external_id: id,
};

const view = variant({
  modal: object(
    { title: plainText(24), blocks: list(anything(), { min: 0, max: 100 }) },
    {
      ...shared,
      submit: plainText(24),
      close: plainText(24),
      clear_on_close: boolean(),
      notify_on_close: boolean(),
      submit_disabled: boolean(),
    },
    submitForInputs,
  ),
  home: object({ blocks: list(anything(), { min: 0, max: 100 }) }, shared),
});

/** A modal or home view as an app sends it, with Slack's own complaints. */
export function readView(argument: unknown, type: 'modal' | 'home'): Reading<JsonObject> {
  const definition = typeof argument === 'string' ? parseJson(argument) : argument;
  if (!isObject(definition)) return refused('invalid_arguments', ['[ERROR] missing required field: view']);
  if (JSON.stringify(definition).length > MAX_VIEW_BYTES) return refused('view_too_large');
  const wrongType: readonly Problem[] =
    definition['type'] === type ? [] : [{ pointer: '/view/type', message: `must be one of: ${type}` }];
  const problems = [
    ...wrongType,
    ...view(definition, '/view'),
    ...checkBlocks(objectsOf(definition['blocks']), type, '/view/blocks'),
  ];
  return problems.length > 0
    ? refused('invalid_arguments', problems.map(sentence))
    : { kind: 'ok', value: definition, warnings: [] };
}

function submitForInputs(value: JsonObject, pointer: string): readonly Problem[] {
  const hasInput = objectsOf(value['blocks']).some((entry) => entry['type'] === 'input');
  return hasInput && value['submit'] === undefined ? [{ pointer, message: 'missing required field: submit' }] : [];
}
