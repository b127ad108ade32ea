/** Checks the ktrdr API, and whether it belongs to the deployment that the fixes are written for. */
import { buildSources, clockFrom } from '../../app/sources.ts';
import { ConfigError } from '../../config/config-error.ts';
import type { Config } from '../../config/environment.ts';
import type { WorkerRecord } from '../../diagnosis/case.ts';
import type { Deployment } from '../../diagnosis/fixes/deployment.ts';
import { KTRDR_API_OFF } from '../../jobs/gather/source-log.ts';
import { isLoopback } from '../../language/hosts.ts';
import { error, off, type Problem, type Report, timed, warning } from './report.ts';

type Options = Pick<Config, 'jaeger' | 'lookbackMs' | 'redact' | 'ktrdr'>;

export async function checkKtrdr(config: Options, signal: AbortSignal): Promise<Report> {
  if (config.ktrdr.apiUrl === null) return off('ktrdr-api', KTRDR_API_OFF.detail);
  return timed(async () => {
    try {
      const withoutCa = { ...config, jaeger: { ...config.jaeger, caFile: null } };
      const { ktrdr } = await buildSources(withoutCa, clockFrom(null));
      if (ktrdr === null) return off('ktrdr-api', KTRDR_API_OFF.detail);
      const { state, detail } = await ktrdr.probe(signal);
      if (state === 'unavailable')
        return { name: 'ktrdr-api', state, detail, problems: [error('KTRDR_API_URL', detail)] };
      const answer = await ktrdr.workers(signal);
      const workers = answer.kind === 'workers' ? answer.workers : [];
      return { name: 'ktrdr-api', state, detail, problems: deploymentProblems(config.ktrdr, workers) };
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      const detail = thrown.problems.join(' ');
      return { name: 'ktrdr-api', state: 'unavailable', detail, problems: [] };
    }
  });
}

interface Evidence {
  readonly host: string;
  readonly deployments: readonly Deployment[];
}

const HOMELAB = /[.]ktrdr[.]home[.]mynerd[.]place$/;

/** The deployments in whose compose files a worker's or the API's host occurs; null if it may be any. */
function deploymentsOf(host: string): readonly Deployment[] | null {
  if (HOMELAB.test(host)) return ['homelab'];
  if (/^slot-\d+-/.test(host)) return ['sandbox'];
  if (/^ktrdr-prod-/.test(host)) return ['local-prod'];
  // The pool's workers have one container of each type, or register by the ID of their container.
  if (/^(?:[0-9a-f]{12}|(?:training|backtest)-worker)$/.test(host)) return ['sandbox'];
  if (/^(?:design|assessment)-agent-\d+$/.test(host)) return ['local-prod', 'sandbox'];
  if (/^(?:training|backtest)-worker-\d+$/.test(host)) return ['local', 'local-prod', 'sandbox'];
  return null;
}

/** Sandboxes publish their API at 8000 and the slot, of which there are ten. */
function isPortOfSandbox({ hostname, port }: URL): boolean {
  return isLoopback(hostname) && /^80(?:0[1-9]|10)$/.test(port);
}

function deploymentProblems(
  { deployment, apiUrl, publicUrl }: Options['ktrdr'],
  workers: readonly WorkerRecord[],
): readonly Problem[] {
  const urls = [apiUrl, publicUrl].flatMap((url) => (url === null ? [] : [new URL(url)]));
  const hosts = [
    ...urls.map(({ hostname }) => hostname),
    ...workers.flatMap(({ endpointUrl }) =>
      endpointUrl !== null && URL.canParse(endpointUrl) ? [new URL(endpointUrl).hostname] : [],
    ),
  ];
  const evidence: readonly Evidence[] = [
    ...hosts.flatMap((host) => {
      const deployments = deploymentsOf(host);
      return deployments === null ? [] : [{ host, deployments }];
    }),
    ...urls.filter(isPortOfSandbox).map(({ host }): Evidence => ({ host, deployments: ['sandbox'] })),
  ];
  const against = evidence.find(({ deployments }) => !deployments.includes(deployment));
  if (against === undefined) return [];
  const meant = against.deployments.join(' or ');
  const text = `KTRDR_DEPLOYMENT is ${deployment}, but ${against.host} belongs to ${meant}: the commands in diagnoses would target the wrong containers. Set it to ${meant}.`;
  return [warning('KTRDR_DEPLOYMENT', text)];
}
