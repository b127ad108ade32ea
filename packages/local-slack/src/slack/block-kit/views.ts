import { z } from 'zod';
import { isObject, type JsonObject, objectsOf, parseJson } from '../json.ts';
import { checkBlocks } from './blocks.ts';
import { id, plainText } from './composition-objects.ts';
import { type Reading, refused } from './message-content.ts';
import { list, object, type Problem, problemsIn, sentence, text, together, variant } from './schema.ts';

const MAX_VIEW_BYTES = 250_000;

const shared = {
  private_metadata: text({ min: 0, max: 3000 }),
  callback_id: text({ min: 0, max: 255 }),
  external_id: id,
};

const view = variant({
  modal: object(
    { title: plainText(24), blocks: list(z.unknown(), { min: 0, max: 100 }) },
    {
      ...shared,
      submit: plainText(24),
      close: plainText(24),
      clear_on_close: z.boolean(),
      notify_on_close: z.boolean(),
      submit_disabled: z.boolean(),
    },
  ).refine(hasSubmitForInputs, together('missing required field: submit')),
  home: object({ blocks: list(z.unknown(), { min: 0, max: 100 }) }, shared),
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
    ...problemsIn(view, definition, '/view'),
    ...checkBlocks(objectsOf(definition['blocks']), type, '/view/blocks'),
  ];
  return problems.length > 0
    ? refused('invalid_arguments', problems.map(sentence))
    : { kind: 'ok', value: definition, warnings: [] };
}

function hasSubmitForInputs({ blocks, submit }: JsonObject): boolean {
  return submit !== undefined || objectsOf(blocks).every((entry) => entry['type'] !== 'input');
}
