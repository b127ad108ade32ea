import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppsManifestCreateArguments } from '@slack/web-api';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { REDIRECT_PATH } from '../src/handlers/install/pages.ts';
import { BOT_SCOPES } from '../src/handlers/install/scopes.ts';
import { SLACK_PATH } from '../src/handlers/intake/http.ts';
import { MANIFEST_SCHEMA, schemaErrors } from './support/manifest-schema.ts';
import { describeWithShared } from './support/shared.ts';

type Manifest = AppsManifestCreateArguments['manifest'];

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'manifest-distribution.yml'), 'utf8');
const several: Manifest = parse(text);
const one: Manifest = parse(readFileSync(join(root, 'manifest.yml'), 'utf8'));

describe('the manifest for several workspaces', () => {
  describeWithShared('and Slack’s own schema', MANIFEST_SCHEMA, (path) => {
    it('satisfies Slack’s own schema', () => expect(schemaErrors(path, several)).toEqual([]));
  });

  it('differs from the one for one workspace in what several need, and in nothing else', () => {
    const { oauth_config: oauth, settings, ...rest } = several;
    const { oauth_config: oauthOfOne, settings: settingsOfOne, ...restOfOne } = one;
    expect(rest).toEqual(restOfOne);
    expect({ ...oauth, redirect_urls: undefined }).toEqual({ ...oauthOfOne, redirect_urls: undefined });
    const changed = { org_deploy_enabled: true, socket_mode_enabled: false, token_rotation_enabled: true };
    expect(settings).toEqual({ ...settingsOfOne, ...changed });
  });

  it('leads people back to the page that is served, on the address that takes the events', () => {
    const address = new URL(several.settings?.event_subscriptions?.request_url ?? '');
    expect(address.pathname).toBe(SLACK_PATH);
    expect(several.oauth_config?.redirect_urls).toEqual([new URL(REDIRECT_PATH, address).href]);
  });

  it('asks for what the installation asks for, hears of its end, and gives a reason for each scope', () => {
    expect(several.oauth_config?.scopes?.bot?.toSorted()).toEqual([...BOT_SCOPES].sort());
    const heard = several.settings?.event_subscriptions?.bot_events;
    expect(heard).toEqual(expect.arrayContaining(['app_uninstalled', 'tokens_revoked']));
    const lines = text.split('\n');
    const scopes = lines.flatMap((line, at) => (/^ {6}- [a-z_.]+:?/.test(line) ? [at] : []));
    const firstScope = lines.indexOf('    bot:');
    for (const at of scopes.filter((line) => line > firstScope && line < lines.indexOf('settings:'))) {
      expect(lines[at - 1], lines[at]).toMatch(/^ +#/);
    }
  });
});
