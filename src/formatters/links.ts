import type { Diagnosis } from '../diagnosis/finding.ts';
import { isLoopback } from '../language/hosts.ts';
import { safeUrl } from './blocks/mrkdwn.ts';

/** Where a reader can look further. Addresses that only work on the bot's own machine are shown, never linked. */
export interface Links {
  readonly hosts: readonly string[];
  /** The Jaeger page of a trace, with the span looked up in it; null without a configured Jaeger. */
  trace(traceId: string, spanId?: string): string | null;
  dashboards(diagnosis: Pick<Diagnosis, 'operation' | 'traces'>): string | null;
}

/** The data source that ktrdr's provisioning of Grafana has for Jaeger. */
const JAEGER_SOURCE = 'jaeger';
const MARGIN_MS = 5 * 60_000;

export function linksTo(jaegerUrl: string | null, grafanaUrl: string | null): Links {
  const jaeger = baseOf(jaegerUrl);
  const grafana = baseOf(grafanaUrl);
  return {
    hosts: [jaeger, grafana].flatMap((base) => (base === null || isLoopback(base.hostname) ? [] : [base.host])),
    trace(traceId, spanId) {
      if (jaeger === null || !/^[0-9a-f]{16,32}$/i.test(traceId)) return null;
      const found = spanId !== undefined && /^[0-9a-f]{16}$/i.test(spanId) ? `?uiFind=${spanId}` : '';
      return `${jaeger.href.replace(/(?<!\/)\/+$/, '')}/trace/${traceId}${found}`;
    },
    dashboards({ operation, traces }) {
      if (grafana === null || isLoopback(grafana.hostname)) return null;
      const fromMs = Date.parse(operation.startedAt ?? traces[0]?.startTime ?? '');
      const toMs = operation.endedAt === null ? fromMs + (operation.durationMs ?? 0) : Date.parse(operation.endedAt);
      if (!Number.isFinite(fromMs + toMs)) return null;
      const range = { from: String(Math.round(fromMs - MARGIN_MS)), to: String(Math.round(toMs + MARGIN_MS)) };
      const base = grafana.href.replace(/(?<!\/)\/+$/, '');
      const traceId = traces[0]?.traceId;
      if (traceId === undefined) return null;
      const queries = [{ refId: 'A', datasource: { type: 'jaeger', uid: JAEGER_SOURCE }, query: traceId }];
      const panes = JSON.stringify({ a: { datasource: JAEGER_SOURCE, queries, range } });
      return `${base}/explore?schemaVersion=1&orgId=1&panes=${encodeURIComponent(panes)}`;
    },
  };
}

/** The address when people may follow it from a message: http(s), a configured host, not a loopback one. */
export function publicUrl(links: Links, address: string | null): string | null {
  return address === null ? null : safeUrl(address, links.hosts);
}

/** Hosts of permalinks, which Slack itself returned. */
export function hostsOf(links: readonly { readonly url: string | null }[]): readonly string[] {
  return links.flatMap(({ url }) => (url !== null && URL.canParse(url) ? [new URL(url).host] : []));
}

function baseOf(address: string | null): URL | null {
  if (address === null || !URL.canParse(address)) return null;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}
