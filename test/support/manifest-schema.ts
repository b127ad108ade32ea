import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

/** Below `../shared`. */
export const MANIFEST_SCHEMA = 'schemas/slack-manifest.2.0.0.schema.json';

/** What Slack’s schema, which is at `path`, has against the manifest; empty when it is valid. */
export function schemaErrors(path: string, manifest: unknown): readonly unknown[] {
  const schema = JSON.parse(readFileSync(path, 'utf8'));
  delete schema.$schema;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  validate(manifest);
  return validate.errors ?? [];
}
