/** The manifest to paste into Slack: for one connection mode, and with the addresses of this installation. */

export type Transport = 'socket' | 'http';

export interface ManifestOptions {
  readonly transport: Transport;
  /** The URL at which Slack reaches the bot over HTTP, e.g. `https://bot.example.com`; null in socket mode. */
  readonly publicUrl: string | null;
  /** Host of the links that get previews; null without one. */
  readonly jaegerHost: string | null;
}

const HTTP_ONLY = ' # HTTP only';
const EXAMPLE_URL = 'https://ktrdr-bot.example.com';

export function manifestFor(manifest: string, { transport, publicUrl, jaegerHost }: ManifestOptions): string {
  // The comment at the top says how to make these changes by hand.
  const body = manifest.replace(/^(?:#.*\n)+\n?/, '');
  const reached =
    transport === 'socket'
      ? body.replace(/^.*# HTTP only\n/gm, '').replace('socket_mode_enabled: false', 'socket_mode_enabled: true')
      : body.replaceAll(EXAMPLE_URL, (publicUrl ?? EXAMPLE_URL).replace(/(?<!\/)\/+$/, '')).replaceAll(HTTP_ONLY, '');
  if (jaegerHost !== null) return reached.replace('jaeger.example.com', jaegerHost);
  return reached.replace(/^ *#[^\n]*JAEGER_PUBLIC_URL[^\n]*\n *unfurl_domains:\n *- [^\n]*\n/m, '');
}
