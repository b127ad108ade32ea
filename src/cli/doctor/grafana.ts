/** The bot never sends requests to Grafana; people follow links to it. */
import type { Config } from '../../config/environment.ts';
import { isLoopback } from '../../language/hosts.ts';
import { parseJson } from '../../language/json.ts';
import { error, type Report, timed, warning } from './report.ts';

const TIMEOUT_MS = 3000;

export async function checkGrafana({ grafanaUrl }: Pick<Config, 'grafanaUrl'>, signal: AbortSignal): Promise<Report> {
  const url = new URL(grafanaUrl ?? '');
  return timed(async () => {
    const local = isLoopback(url.hostname)
      ? [warning('GRAFANA_URL', 'GRAFANA_URL points to this machine, so diagnoses get no links to Grafana.')]
      : [];
    const base = url.href.replace(/(?<!\/)\/+$/, '');
    try {
      const response = await fetch(`${base}/api/health`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const said = parseJson(await response.text());
      const isGrafana = typeof said === 'object' && said !== null && 'database' in said;
      if (isGrafana)
        return { name: 'grafana', state: 'ok', detail: `Grafana responds at ${url.host}.`, problems: local };
      const detail = `The server at ${url.host} (HTTP ${response.status}) isn't Grafana.`;
      const advice = `${detail} Set GRAFANA_URL to Grafana's address, with its path prefix if it has one.`;
      return { name: 'grafana', state: 'unavailable', detail, problems: [error('GRAFANA_URL', advice)] };
    } catch (thrown) {
      const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const detail = `Grafana didn't respond at ${url.host} (${reason}).`;
      // People may reach it when the bot can't, such as from outside the container.
      return {
        name: 'grafana',
        state: 'partial',
        detail,
        problems: [warning('GRAFANA_URL', `${detail} Check GRAFANA_URL.`)],
      };
    }
  });
}
