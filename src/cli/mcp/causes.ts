/** The catalogue of causes as resources, so that a client can offer and attach one without calling a tool. */
import { catalogue } from '../../diagnosis/catalogue.ts';
import { entryOf } from '../explain.ts';

const MIME_TYPE = 'application/json';

/** One cause; the catalogue as a whole is the address before its last part. */
export const CAUSE_TEMPLATE = 'ktrdr-bot://causes/{id}';
export const CATALOGUE_URI = 'ktrdr-bot://causes';

export const CATALOGUE = {
  title: 'Causes',
  description: 'Every cause that a diagnosis can name, including those from CAUSES_FILE: symptom, proof, variants.',
  mimeType: MIME_TYPE,
};

export const CAUSE = {
  title: 'Cause',
  description: 'One cause from the catalog by its ID, such as worker-lost: symptom, proof, variants.',
  mimeType: MIME_TYPE,
};

export function listCauses() {
  return catalogue().map(({ id, title, symptom }) => ({
    uri: CAUSE_TEMPLATE.replace('{id}', id),
    name: id,
    title,
    description: symptom,
    mimeType: MIME_TYPE,
  }));
}

export function causeIdsFrom(start: string): readonly string[] {
  return catalogue()
    .map(({ id }) => id)
    .filter((id) => id.startsWith(start));
}

export function readCatalogue() {
  return contentsOf(CATALOGUE_URI, catalogue().map(entryOf));
}

/** Null when there is no such cause. */
export function readCause(uri: string, id: string) {
  const rule = catalogue().find((known) => known.id === id);
  return rule === undefined ? null : contentsOf(uri, entryOf(rule));
}

function contentsOf(uri: string, value: unknown) {
  return { contents: [{ uri, mimeType: MIME_TYPE, text: JSON.stringify(value, null, 2) }] };
}
