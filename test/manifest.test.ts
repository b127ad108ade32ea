import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_SCOPES } from '@ktrdr-bot/local-slack';
import type { AppsManifestCreateArguments } from '@slack/web-api';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DIAGNOSE_ANYWHERE_SHORTCUT, DIAGNOSE_SHORTCUT } from '../src/handlers/diagnose-shortcut.ts';
import { BOT_SCOPES } from '../src/handlers/install/scopes.ts';
import { SLACK_PATH } from '../src/handlers/intake/http.ts';
import { COMMAND } from '../src/handlers/ktrdr-command.ts';
import { MANIFEST_SCHEMA, schemaErrors } from './support/manifest-schema.ts';
import { describeWithShared } from './support/shared.ts';

type Manifest = AppsManifestCreateArguments['manifest'];
type BotScope = NonNullable<NonNullable<NonNullable<Manifest['oauth_config']>['scopes']>['bot']>[number];

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'manifest.yml'), 'utf8');
const http: Manifest = parse(text);
/** What the comment at its top says to do for socket mode. */
const socket: Manifest = parse(
  text
    .split('\n')
    .filter((line) => !line.endsWith('# HTTP only'))
    .join('\n')
    .replace('socket_mode_enabled: false', 'socket_mode_enabled: true'),
);

/** The methods that the code calls, and a scope that each needs for each kind of channel. */
const SCOPES: Readonly<Record<string, readonly BotScope[]>> = {
  'auth.test': [],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.unfurl': ['links:write'],
  'reactions.add': ['reactions:write'],
  'chat.update': ['chat:write'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.members': ['channels:read', 'groups:read'],
  'conversations.open': ['im:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'views.open': [],
  'views.publish': [],
};

/** The events of the manifest, by what the code listens to, with the scope that each needs. */
const EVENTS: Readonly<Record<string, Readonly<Record<string, readonly BotScope[]>>>> = {
  app_home_opened: { app_home_opened: [] },
  app_mention: { app_mention: ['app_mentions:read'] },
  app_uninstalled: { app_uninstalled: [] },
  link_shared: { link_shared: ['links:read'] },
  message: {
    'message.channels': ['channels:history'],
    'message.groups': ['groups:history'],
    'message.im': ['im:history'],
  },
  tokens_revoked: { tokens_revoked: [] },
};

describe('the manifest', () => {
  describeWithShared('and Slack’s own schema', MANIFEST_SCHEMA, (path) => {
    it.each([
      ['HTTP', http],
      ['socket mode', socket],
    ])('satisfies Slack’s own schema for %s', (_variant, manifest) => {
      expect(schemaErrors(path, manifest)).toEqual([]);
    });
  });

  it('sends everything to the one path that is served, and nothing anywhere in socket mode', () => {
    expect(urlsIn(http).map((url) => new URL(url).pathname)).toEqual([SLACK_PATH, SLACK_PATH, SLACK_PATH]);
    expect(new Set(urlsIn(http).map((url) => new URL(url).protocol))).toEqual(new Set(['https:']));
    expect(urlsIn(socket)).toEqual([]);
    expect(socket.settings?.socket_mode_enabled).toBe(true);
  });

  it('has the commands and shortcuts that the code listens to, and no others', () => {
    expect(http.features?.slash_commands?.map(({ command }) => command)).toEqual([COMMAND]);
    expect(http.features?.shortcuts?.map(({ type, callback_id }) => [type, callback_id])).toEqual([
      ['message', DIAGNOSE_SHORTCUT],
      ['global', DIAGNOSE_ANYWHERE_SHORTCUT],
    ]);
    const handlers = sources('src/handlers');
    expect(handlers.match(/\bapp\.command\b/g)).toHaveLength(1);
    expect(handlers.match(/\bapp\.shortcut\b/g)).toHaveLength(2);
    expect(http.settings?.interactivity?.is_enabled).toBe(/\bapp\.action\b/.test(handlers));
  });

  it('subscribes to the events that the code listens to, and no others', () => {
    const heard = [...sources('src/handlers').matchAll(/\bapp\.event\('([a-z_]+)'/g)].map(([, event = '']) => event);
    expect(heard.toSorted()).toEqual(Object.keys(EVENTS).sort());
    const named = Object.values(EVENTS).flatMap((events) => Object.keys(events));
    expect(http.settings?.event_subscriptions?.bot_events?.toSorted()).toEqual(named.sort());
    // A preview needs the event, the domain and a Home tab needs to be switched on.
    expect(http.features?.unfurl_domains).toHaveLength(1);
    expect(http.features?.app_home?.home_tab_enabled).toBe(true);
    expect(http.features?.app_home?.messages_tab_enabled).toBe(true);
  });

  it('gives a reason for each scope', () => {
    const lines = text.slice(text.indexOf('    bot:\n'), text.indexOf('settings:')).split('\n');
    const bare = lines.filter((line, i) => /^\s+- /.test(line) && !/^\s+# /.test(lines[i - 1] ?? ''));
    expect(bare).toEqual([]);
  });

  it('asks for the scopes that the code needs, and no others', () => {
    const calls = sources('src/handlers') + sources('src/adapters/slack');
    const methods = new Set(
      [...calls.matchAll(/\b(?:client|quick)\.(?:apiCall\(')?([a-z]+\.[a-zA-Z]+)['(]/g)].map(
        ([, method = '']) => method,
      ),
    );
    expect([...methods].sort()).toEqual(Object.keys(SCOPES).sort());
    const heard = Object.values(EVENTS).flatMap((events) => Object.values(events).flat());
    const needed = new Set<BotScope>(['commands', ...heard, ...Object.values(SCOPES).flat()]);
    expect([...BOT_SCOPES].sort()).toEqual([...needed].sort());
    expect(http.oauth_config?.scopes?.bot?.toSorted()).toEqual([...needed].sort());
    expect([...DEFAULT_SCOPES].sort(), 'what the local workspace grants').toEqual([...needed].sort());
    expect(http.oauth_config?.scopes?.user ?? []).toEqual([]);
  });
});

function urlsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return /^https?:/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(urlsIn) : [];
}

function sources(folder: string): string {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.map((name) => readFileSync(join(root, folder, name), 'utf8')).join('\n');
}
